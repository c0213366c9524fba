namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>One kernel after the other, each with its own fixed order of summation.</remarks>
    public void Alignment(LayerCapture use, NormFormula formula, Tensor weight, in LayerAlignment result)
    {
        CaptureGuard.RequireAlignment(use, formula, result);
        var uses = new ReadOnlySpan<LayerCapture>(in use);
        if (result.WeightNorms is { } weightNorms)
        {
            SquaredNorms(uses, ParameterRole.Weight, formula, weightNorms);
        }

        if (result.WeightDots is { } weightDots)
        {
            if (use.Output is null)
            {
                Dots(uses, ParameterRole.Weight, weight, weightDots);
            }
            else
            {
                OutputDots(uses, weightDots);
            }
        }

        if (result.BiasNorms is { } biasNorms)
        {
            SquaredNorms(uses, ParameterRole.Bias, NormFormula.Direct, biasNorms);
        }

        if (result.BiasDots is { } biasDots)
        {
            Dots(uses, ParameterRole.Bias, use.Bias!, biasDots);
        }

        if (result.WeightGradients is { } weightGradients)
        {
            Materialise(uses, ParameterRole.Weight, weightGradients);
        }

        if (result.BiasGradients is { } biasGradients)
        {
            Materialise(uses, ParameterRole.Bias, biasGradients);
        }
    }
}
