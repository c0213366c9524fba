using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>||grad_i||^2 and grad_i . w of every parameter: those of a layer in one pass where its parameters are used once.</summary>
/// <param name="weights">w.</param>
internal sealed class WeightAlignment(ParameterVector weights)
{
    private readonly IPerSampleKernels _kernels = weights.Flat.Device.Kernels.PerSample;

    /// <summary>Whether norms are asked for, and one pass over the capture of a weight's layer gives all that a result has room for, for its bias too.</summary>
    public static bool IsOnePass(ParameterUses weight, GradientResult result) =>
        result.SquaredNorms is not null
        && weight is { Role: ParameterRole.Weight, Captures: [{ Kind: CaptureKind.Linear or CaptureKind.Convolution or CaptureKind.ScaleShift } use] }
        && (result.WeightDots is null
            || ((use.Output is not null || NormCost.Choose(weight) == NormFormula.Direct) && (weight.Partner is null || use.Bias is not null)));

    /// <summary>Whether the pass over another parameter's layer takes care of this one: a bias whose weight comes before it.</summary>
    public static bool IsTakenAlong(ParameterUses parameter, GradientResult result) =>
        parameter is { Role: ParameterRole.Bias, Partner: { } weight } && IsOnePass(weight, result);

    /// <summary>Where the norms and dots of a layer go.</summary>
    public static LayerAlignment Places(ParameterUses weight, GradientResult result) => new()
    {
        WeightNorms = result.SquaredNorms?.Rows[weight.Parameter],
        WeightDots = result.WeightDots?.Rows[weight.Parameter],
        BiasNorms = weight.Partner is { } bias ? result.SquaredNorms?.Rows[bias.Parameter] : null,
        BiasDots = weight.Partner is { } same ? result.WeightDots?.Rows[same.Parameter] : null,
    };

    /// <summary>Fills the rows of a parameter.</summary>
    public void Run(ParameterUses parameter, GradientResult result)
    {
        if (IsOnePass(parameter, result))
        {
            _kernels.Alignment(parameter.Captures[0], NormCost.Choose(parameter), weights[parameter.Parameter], Places(parameter, result));
        }
        else if (!IsTakenAlong(parameter, result))
        {
            if (result.SquaredNorms is { } norms)
            {
                _kernels.SquaredNorms(parameter.Uses, parameter.Role, NormCost.Choose(parameter), norms.Rows[parameter.Parameter]);
            }

            if (result.WeightDots is { } dots)
            {
                Dots(parameter, dots.Rows[parameter.Parameter]);
            }
        }
    }

    /// <summary>grad_i . w: for free from the layer's own output where it is linear in w, otherwise as any direction.</summary>
    private void Dots(ParameterUses parameter, Tensor result)
    {
        if (parameter.Role == ParameterRole.Bias || Array.Exists(parameter.Captures, static u => u.Output is null))
        {
            _kernels.Dots(parameter.Uses, parameter.Role, weights[parameter.Parameter], result);
        }
        else
        {
            _kernels.OutputDots(parameter.Uses, result);
        }
    }
}
