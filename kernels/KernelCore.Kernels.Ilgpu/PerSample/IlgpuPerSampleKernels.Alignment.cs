namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>One kernel after the other, each with its own fixed order of summation.</remarks>
    public void Alignment(LayerCapture use, NormFormula formula, Tensor weight, in LayerAlignment result)
    {
        if (use.Kind is not (CaptureKind.Linear or CaptureKind.Convolution or CaptureKind.ScaleShift))
        {
            throw new ArgumentException($"layer '{use.Layer}': norms and dots of a {use.Kind} are computed one by one", nameof(use));
        }

        Require(use, formula == NormFormula.Direct || result.WeightDots is null || use.Output is not null, nameof(LayerCapture.Output));
        Require(use, result.BiasDots is null || use.Bias is not null, nameof(LayerCapture.Bias));
        if (result.WeightGradients is not null && formula != NormFormula.Direct)
        {
            throw new ArgumentException($"layer '{use.Layer}': formula {formula} forms no gradients of the weight", nameof(formula));
        }

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
