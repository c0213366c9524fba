namespace KernelCore.Kernels;

/// <summary>What the backends refuse alike: captures that lack what a query needs of them.</summary>
internal static class CaptureGuard
{
    /// <summary>Every use of a parameter has what its kind of gradient is made of.</summary>
    public static void RequireParts(ReadOnlySpan<LayerCapture> uses, ParameterRole role)
    {
        if (uses.IsEmpty)
        {
            throw new ArgumentException("a parameter needs at least one use", nameof(uses));
        }

        foreach (LayerCapture use in uses)
        {
            if (role == ParameterRole.Weight)
            {
                Require(use, use.Kind is CaptureKind.Lookup or CaptureKind.Broadcast || use.Activation is not null, nameof(LayerCapture.Activation));
                Require(use, use.Kind is not CaptureKind.Lookup || use.Indices is not null, nameof(LayerCapture.Indices));
                Require(use, use.Kind is not CaptureKind.Convolution || use.Geometry is not null, nameof(LayerCapture.Geometry));
            }
        }
    }

    /// <summary>Every use has an output that gives dots with the weight: x + w is not linear in w alone.</summary>
    public static void RequireOutputs(ReadOnlySpan<LayerCapture> uses)
    {
        foreach (LayerCapture use in uses)
        {
            if (use.Output is null || use.Kind == CaptureKind.Broadcast)
            {
                throw new ArgumentException(
                    $"layer '{use.Layer}' has no output that is linear in its weight; use {nameof(IPerSampleKernels.Dots)}", nameof(uses));
            }
        }
    }

    /// <summary>A layer admits <see cref="IPerSampleKernels.Alignment"/> by a formula, and has what is asked for.</summary>
    public static void RequireAlignment(LayerCapture use, NormFormula formula, in LayerAlignment result)
    {
        if (use.Kind is not (CaptureKind.Linear or CaptureKind.Convolution or CaptureKind.ScaleShift))
        {
            throw new ArgumentException($"layer '{use.Layer}': norms and dots of a {use.Kind} are computed one by one", nameof(use));
        }

        if (result.WeightGradients is not null && formula != NormFormula.Direct)
        {
            throw new ArgumentException($"layer '{use.Layer}': formula {formula} forms no gradients of the weight", nameof(formula));
        }

        Require(use, formula == NormFormula.Direct || result.WeightDots is null || use.Output is not null, nameof(LayerCapture.Output));
        Require(use, result.BiasDots is null || use.Bias is not null, nameof(LayerCapture.Bias));
    }

    private static void Require(LayerCapture use, bool present, string part)
    {
        if (!present)
        {
            throw new ArgumentException($"layer '{use.Layer}': a capture of kind {use.Kind} needs its {part}", nameof(use));
        }
    }
}
