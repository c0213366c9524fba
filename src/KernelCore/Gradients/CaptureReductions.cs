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
            captures.Parameters[i].Dots(direction, work);
        }

        kernels.Parameters.SumRows(work.ByParameter, result);
    }

    /// <summary>result.Rows[k]_i = grad_i . direction of parameter k; a layer's weight computes those of its bias too.</summary>
    public static void Dots(this ParameterUses parameter, ParameterVector direction, PerSampleScalar result)
    {
        IPerSampleKernels kernels = direction.Flat.Device.Kernels.PerSample;
        int index = parameter.Parameter;
        if (parameter.Partner is not { } partner)
        {
            kernels.Dots(parameter.Uses, parameter.Role, direction[index], result.Rows[index]);
        }
        else if (parameter.Role == ParameterRole.Weight)
        {
            int bias = partner.Parameter;
            kernels.LayerDots(parameter.Uses, direction[index], direction[bias], result.Rows[index], result.Rows[bias]);
        }
    }
}
