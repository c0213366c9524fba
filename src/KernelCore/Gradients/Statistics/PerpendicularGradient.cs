using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>The part of a gradient orthogonal to the weights: what changes a scale-invariant model, rather than the scale of its logits.</summary>
/// <remarks>Prieto, Barsbey, Mediano, Birdal, "Grokking at the edge of numerical stability" (arXiv 2501.04697). Inner products in double.</remarks>
public static class PerpendicularGradient
{
    /// <summary>result = g - (g . w / w . w) w, for every parameter tensor by itself; g where the weights are zero.</summary>
    /// <param name="gradient">Of the mean loss, usually.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="result">Overwritten; may be <paramref name="gradient"/>.</param>
    /// <returns>||result|| / ||gradient|| over all parameters; NaN for a zero gradient.</returns>
    public static double Compute(ParameterVector gradient, ParameterVector weights, ParameterVector result)
    {
        ArgumentNullException.ThrowIfNull(gradient);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(result);
        IParameterKernels kernels = gradient.Flat.Device.Kernels.Parameters;
        double before = kernels.Dot(gradient.Flat, gradient.Flat);
        if (!ReferenceEquals(result, gradient))
        {
            result.Flat.Fill(0);
            kernels.Axpy(1, gradient.Flat, result.Flat);
        }

        for (int k = 0; k < weights.Layout.Parameters.Count; k++)
        {
            double squared = kernels.Dot(weights[k], weights[k]);
            if (squared > 0)
            {
                kernels.Axpy((float)(-kernels.Dot(result[k], weights[k]) / squared), weights[k], result[k]);
            }
        }

        return Math.Sqrt(kernels.Dot(result.Flat, result.Flat) / before);
    }
}
