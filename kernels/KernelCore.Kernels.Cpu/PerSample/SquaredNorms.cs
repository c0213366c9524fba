namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>A bias has no activation to multiply with: all formulas are the direct one.</remarks>
    public void SquaredNorms(ReadOnlySpan<LayerCapture> uses, ParameterRole role, NormFormula formula, Tensor result)
    {
        ParameterGradient gradient = View(uses, role, ref _left);
        formula = role == ParameterRole.Bias ? NormFormula.Direct : formula;
        RequireFormula(formula, gradient, uses);
        double* norms = Totals(gradient.Batch);
        if (formula == NormFormula.RankOne)
        {
            RankOneNorms(gradient, norms);
        }
        else if (gradient.AllLookups)
        {
            LookupNorms(gradient, formula, norms);
        }
        else if (formula == NormFormula.Gram)
        {
            GramNorms(gradient, norms);
        }
        else
        {
            TileReduction.Run(device, gradient, null, norms);
        }

        for (int i = 0; i < gradient.Batch; i++)
        {
            norms[i] = NotNegative(norms[i]);
        }

        Store(norms, gradient.Batch, result);
    }

    /// <summary>Rounding can leave a Gram sum below zero. A NaN stays.</summary>
    private static double NotNegative(double norm) => norm < 0 ? 0 : norm;

    private static void RequireFormula(NormFormula formula, in ParameterGradient gradient, ReadOnlySpan<LayerCapture> uses)
    {
        bool applies = formula switch
        {
            NormFormula.RankOne => gradient.IsSingle(CaptureKind.Linear) && gradient[0].Positions == 1,
            NormFormula.Gram => gradient.IsSingle(CaptureKind.Linear) || gradient.IsSingle(CaptureKind.Convolution) || gradient.IsSingle(CaptureKind.Lookup),
            _ => formula == NormFormula.Direct,
        };
        if (!applies)
        {
            throw new ArgumentException(
                $"layer '{uses[0].Layer}': formula {formula} does not apply to {uses.Length} use(s) of kind {uses[0].Kind} with {uses[0].Positions} position(s)",
                nameof(formula));
        }
    }
}
