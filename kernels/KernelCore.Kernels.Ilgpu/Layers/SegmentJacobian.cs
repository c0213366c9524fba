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
    public int Length;

    public readonly void At<TWarp>(int row)
        where TWarp : struct, IWarp
    {
        int start = row * Length;
        double sum = 0, product = 0;
        for (int i = TWarp.Lane; i < Length; i += TWarp.Width)
        {
            double v = Operand[start + i];
            sum += v;
            product += v * Normalized[start + i];
        }

        float mean = (float)(TWarp.Sum(sum) / Length), projection = (float)(TWarp.Sum(product) / Length), factor = InverseDeviation[row];
        for (int i = TWarp.Lane; i < Length; i += TWarp.Width)
        {
            Product[start + i] = factor * (Operand[start + i] - mean - (Normalized[start + i] * projection));
        }

        if (TWarp.Lane == 0 && Projection.Length > 0)
        {
            Projection[row] = projection;
        }
    }
}
