using ILGPU;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>One sum per sample over the elements of a product that is not stored.</summary>
internal readonly struct ProductSums : IDisposable
{
    private readonly IlgpuDevice _device;
    private readonly MemoryBuffer1D<double, Stride1D.Dense> _memory;
    private readonly int _batch, _partials;
    private readonly bool _rowsApart;

    /// <param name="device">Where.</param>
    /// <param name="algebra">Tells the size of a tile.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="shape">The product: an equal number of matrices for every sample, or one whose rows are those of the samples.</param>
    /// <param name="rowsApart">Whether there is one matrix for all samples.</param>
    public ProductSums(IlgpuDevice device, IlgpuLinearAlgebra algebra, int batch, ProductShape shape, bool rowsApart = false)
    {
        (_device, _batch, _rowsApart, Shape) = (device, batch, rowsApart, shape);
        int extent = algebra.TileExtent;
        _partials = rowsApart ? checked(shape.Rows * ((shape.Columns + extent - 1) / extent)) : LaunchGrid.Tiles(shape, extent);
        _memory = device.Pool.Rent<double>(_partials);
    }

    public ProductShape Shape { get; }

    /// <summary>What the product goes to.</summary>
    public SumSink<TTerm> Sink<TTerm>(TTerm term)
        where TTerm : struct, IProductTerm => new() { Term = term, Partials = _memory.View.AsContiguous(), RowsApart = _rowsApart ? 1 : 0 };

    /// <summary>totals[i] (+)= the sum of sample i.</summary>
    public void Finish(RowSums rows, ArrayView<double> totals, bool accumulate)
    {
        int length = _batch == 0 ? 0 : _partials / _batch;
        rows.Run(_batch, length, new PartialTerm { Partials = _memory.View.AsContiguous(), Length = length }, totals, accumulate);
    }

    public void Dispose() => _device.Pool.Return(_memory);
}
