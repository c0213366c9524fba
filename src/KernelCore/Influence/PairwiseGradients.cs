using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Influence;

/// <summary>Inner products between the gradients of two blocks of samples.</summary>
internal static class PairwiseGradients
{
    /// <summary>Receives the squared norms of one parameter.</summary>
    public delegate void Norms(int parameter, ReadOnlySpan<double> squared);

    /// <summary>products[i, j] = grad_i(left) . grad_j(right) over all parameters, as a sum of factored Gram matrices.</summary>
    public static void Products(IPerSampleKernels kernels, CaptureSet left, CaptureSet right, Tensor products)
    {
        for (int i = 0; i < left.Parameters.Count; i++)
        {
            ParameterUses rows = left.Parameters[i];
            kernels.Gram(rows.Uses, right.Parameters[i].Uses, rows.Role, accumulate: i > 0, products);
        }
    }

    /// <summary>||grad_i||^2 of each parameter in turn.</summary>
    public static void SquaredNorms(CaptureSet captures, Norms receive)
    {
        Device device = captures.Captures[0].Backprop.Device;
        using Tensor part = device.Allocate([captures.Batch]);
        for (int k = 0; k < captures.Parameters.Count; k++)
        {
            ParameterUses parameter = captures.Parameters[k];
            device.Kernels.PerSample.SquaredNorms(parameter.Uses, parameter.Role, NormCost.Choose(parameter), part);
            receive(k, Array.ConvertAll(part.ToArray(), v => (double)v));
        }
    }

    /// <summary>||grad_i||^2 over all parameters, in double.</summary>
    public static double[] SquaredNorms(CaptureSet captures)
    {
        var total = new double[captures.Batch];
        SquaredNorms(captures, (_, squared) => System.Numerics.Tensors.TensorPrimitives.Add(total, squared, total));
        return total;
    }
}
