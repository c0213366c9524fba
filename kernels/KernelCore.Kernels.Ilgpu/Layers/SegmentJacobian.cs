using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Product with the Jacobian of a segment's normalisation, J v = (v - mean(v) - n mean(n v)) / deviation. J is symmetric, so tangents
/// and gradients share it.
/// </summary>
internal struct SegmentJacobian : IRow
{
    public ArrayView<float> Normalized, InverseDeviation, Operand, Product;

    /// <summary>mean(n v) of each segment; empty for nobody asked.</summary>
    public ArrayView<float> Projection;
    public RowLayout Rows;

    public readonly void At<TWarp>(int row)
        where TWarp : struct, IWarp
    {
        double sum = 0, product = 0;
        for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
        {
            Real4 v = at.Load(Operand);
            sum += v.Sum();
            product += v.Dot(at.Load(Normalized));
        }

        float mean = (float)(TWarp.Sum(sum) / Rows.Length), projection = (float)(TWarp.Sum(product) / Rows.Length), factor = InverseDeviation[row];
        for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
        {
            Real4 own = at.Load(Operand) - Real4.Broadcast(mean) - (at.Load(Normalized) * Real4.Broadcast(projection));
            at.Store(Product, Real4.Broadcast(factor) * own);
        }

        if (TWarp.Lane == 0 && Projection.Length > 0)
        {
            Projection[row] = projection;
        }
    }
}
