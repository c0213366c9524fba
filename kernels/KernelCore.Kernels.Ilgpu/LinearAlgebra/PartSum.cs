using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Adds the products of all parts, from the first to the last and in double, and stores the sums.</summary>
internal struct PartSum<TTo> : IElement
    where TTo : struct, IDestination
{
    /// <summary>[batch, parts, rows, columns].</summary>
    public ArrayView<float> Products;
    public TTo To;
    public int Parts, Rows, Columns;

    public readonly void At(int i)
    {
        int size = Rows * Columns, batch = i / size, within = i % size, first = (batch * Parts * size) + within;
        double sum = 0;
        for (int part = 0; part < Parts; part++)
        {
            sum += Products[first + (part * size)];
        }

        To.Store(batch, within / Columns, within % Columns, (float)sum);
    }
}
