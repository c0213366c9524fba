using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Shape of a pooling window, as kernels take it.</summary>
internal readonly struct PoolWindow(PoolGeometry g)
{
    public readonly int Height = g.Height, OutHeight = g.OutHeight, KernelHeight = g.KernelHeight, KernelWidth = g.KernelWidth;
    public readonly Divisor Width = new(g.Width), OutWidth = new(g.OutWidth);

    /// <summary>Elements of a plane.</summary>
    public readonly Divisor Inputs = new(g.Height * g.Width), Outputs = new(g.OutHeight * g.OutWidth);

    private readonly Divisor _strideHeight = new(g.StrideHeight), _strideWidth = new(g.StrideWidth);
    private readonly int _padHeight = g.PadHeight, _padWidth = g.PadWidth;

    /// <summary>First row of the window of an output of a plane; may lie in the padding.</summary>
    public int Top(int output) => (OutWidth.Quotient(output) * _strideHeight.Value) - _padHeight;

    /// <summary>First column of the window of an output of a plane; may lie in the padding.</summary>
    public int Left(int output) => (OutWidth.Remainder(output) * _strideWidth.Value) - _padWidth;

    /// <summary>First output row whose window holds an input row.</summary>
    public int FirstOut(int row) => FirstOut(row + _padHeight, KernelHeight, _strideHeight);

    /// <summary>Last output row whose window holds an input row.</summary>
    public int LastOut(int row) => IntrinsicMath.Min(OutHeight - 1, _strideHeight.Quotient(row + _padHeight));

    /// <summary>First output column whose window holds an input column.</summary>
    public int FirstOutColumn(int column) => FirstOut(column + _padWidth, KernelWidth, _strideWidth);

    /// <summary>Last output column whose window holds an input column.</summary>
    public int LastOutColumn(int column) => IntrinsicMath.Min(OutWidth.Value - 1, _strideWidth.Quotient(column + _padWidth));

    private static int FirstOut(int padded, int kernel, Divisor stride) => padded < kernel ? 0 : stride.Quotient(padded - kernel + stride.Value);
}
