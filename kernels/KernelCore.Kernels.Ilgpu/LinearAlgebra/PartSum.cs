using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Adds the products of all parts, from the first to the last and in double, and stores the sums.</summary>
internal struct PartSum<TTo> : IElement
    where TTo : struct, IDestination
{
    /// <summary>[batch, parts, rows, columns].</summary>
    public ArrayView<float> Products;
    public TTo To;
    public int Parts;

    /// <summary>Elements of a product, and of a row of it.</summary>
    public Divisor Size, Columns;

    public readonly void At(int i)
    {
        int size = Size.Value, batch = Size.Quotient(i), within = Size.Remainder(i, batch), first = (batch * Parts * size) + within;
        double sum = 0;
        for (int part = 0; part < Parts; part++)
        {
            sum += Products[first + (part * size)];
        }

        int row = Columns.Quotient(within);
        To.Store(To.Start(batch), row, Columns.Remainder(within, row), (float)sum);
    }
}
