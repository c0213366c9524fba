using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>Reductions of per-sample gradients over all parameters of a capture set.</summary>
internal static class CaptureReductions
{
    /// <summary>result = beta result + sum_i coefficients_i grad_i; gradients of frozen and unused parameters are zero.</summary>
    /// <param name="captures">All uses of all parameters.</param>
    /// <param name="coefficients">[batch], or null for ones.</param>
    /// <param name="beta">Factor of the old content; with 0 it is not read.</param>
    /// <param name="result">The sum.</param>
    public static void WeightedSum(this CaptureSet captures, Tensor? coefficients, float beta, ParameterVector result)
    {
        IKernels kernels = result.Flat.Device.Kernels;
        int next = 0;
        for (int k = 0; k < result.Layout.Parameters.Count; k++)
        {
            if (next < captures.Parameters.Count && captures.Parameters[next] is { } parameter && parameter.Parameter == k)
            {
                kernels.PerSample.WeightedSum(parameter.Uses, parameter.Role, coefficients, beta, result[k]);
                next++;
            }
            else if (beta == 0)
            {
                result[k].Fill(0);
            }
            else
            {
                kernels.Parameters.Scale(beta, result[k]);
            }
        }
    }

    /// <summary>result_i = grad_i . direction over the trainable parameters.</summary>
    /// <param name="captures">All uses of all parameters.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="work">Receives the dots by parameter.</param>
    /// <param name="result">[batch].</param>
    public static void Dots(this CaptureSet captures, ParameterVector direction, PerSampleScalar work, Tensor result)
    {
        IKernels kernels = direction.Flat.Device.Kernels;
        for (int i = 0; i < captures.Parameters.Count; i++)
        {
            ParameterUses parameter = captures.Parameters[i];
            kernels.PerSample.Dots(parameter.Uses, parameter.Role, direction[parameter.Parameter], work.Rows[parameter.Parameter]);
        }

        kernels.Parameters.SumRows(work.ByParameter, result);
    }
}
