using KernelCore.Curvature;
using KernelCore.Gradients;
using KernelCore.Kernels;

namespace KernelCore.Influence;

/// <summary>
/// The inverse of a damped second moment of projected gradients, block by block: (scale sum_i phi_i phi_i^T + damping I)^-1.
/// </summary>
/// <remarks>Products of 256 samples in float32, their sum, the factorisation and the solutions in double.</remarks>
internal sealed class SecondMoment
{
    private const int RowsPerProduct = 256;

    private readonly List<(int Offset, int Size, CholeskySolver Factor)> _blocks = [];

    /// <summary>Sums and factorises.</summary>
    /// <param name="features">[samples, size].</param>
    /// <param name="blocks">Columns that are coupled with each other.</param>
    /// <param name="mean">Whether the sum is divided by the number of samples.</param>
    /// <param name="damping">Fraction of the mean diagonal element to add to the diagonal of each block.</param>
    public SecondMoment(Tensor features, IReadOnlyList<ProjectedBlock> blocks, bool mean, double damping)
    {
        foreach (ProjectedBlock block in blocks)
        {
            double[] sum = Sum(features, block.Offset, block.Size);
            double scale = mean ? 1.0 / features.Shape[0] : 1, trace = 0;
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] *= scale;
                trace += i % (block.Size + 1) == 0 ? sum[i] : 0;
            }

            // A parameter without any gradient, behind a dead unit say, has no influence: any invertible block will do.
            double added = trace == 0 ? 1 : damping * trace / block.Size;
            for (int i = 0; i < block.Size; i++)
            {
                sum[(i * block.Size) + i] += added;
            }

            _blocks.Add((block.Offset, block.Size, new CholeskySolver(sum, block.Size)));
        }
    }

    /// <summary>Applies the inverse to every row.</summary>
    /// <param name="features">[samples, size].</param>
    /// <returns>A new matrix of the same shape.</returns>
    public Tensor Solve(Tensor features)
    {
        float[] values = features.ToArray();
        int width = features.Shape[1];
        double[] right = [];
        foreach (var (offset, size, factor) in _blocks)
        {
            Array.Resize(ref right, size);
            for (int row = 0; row < features.Shape[0]; row++)
            {
                Span<float> target = values.AsSpan((row * width) + offset, size);
                System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<float, double>(target, right);
                factor.SolveInPlace(right);
                System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<double, float>(right, target);
            }
        }

        return features.Device.Allocate(features.Shape, values);
    }

    private static double[] Sum(Tensor features, int offset, int size)
    {
        var total = new double[checked(size * size)];
        var part = new float[total.Length];
        int samples = features.Shape[0], width = features.Shape[1];
        using Tensor product = features.Device.Allocate([size, size]);
        for (int start = 0; start < samples; start += RowsPerProduct)
        {
            var rows = new Matrix(features, ((long)start * width) + offset, Math.Min(RowsPerProduct, samples - start), size, width);
            features.Device.Kernels.LinearAlgebra.Gemm(true, false, 1, rows, rows, 0, Matrix.Of(product));
            product.CopyTo(part);
            for (int i = 0; i < total.Length; i++)
            {
                total[i] += part[i];
            }
        }

        return total;
    }
}
