namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>A bias has no activation to multiply with: all formulas are the direct one.</remarks>
    public void SquaredNorms(ReadOnlySpan<LayerCapture> uses, ParameterRole role, NormFormula formula, Tensor result)
    {
        ParameterGradient gradient = View(uses, role, ref _left);
        double* norms = Totals(gradient.Batch);
        switch (role == ParameterRole.Bias ? NormFormula.Direct : formula)
        {
            case NormFormula.RankOne when gradient.IsSingle(CaptureKind.Linear) && gradient[0].Positions == 1:
                RankOneNorms(gradient, norms);
                break;
            case NormFormula.Gram when gradient.IsSingle(CaptureKind.Linear) || gradient.IsSingle(CaptureKind.Convolution):
                GramNorms(gradient, norms);
                break;
            case NormFormula.Gram when gradient.IsSingle(CaptureKind.Lookup):
            case NormFormula.Direct when gradient.AllLookups:
                LookupNorms(gradient, formula, norms);
                break;
            case NormFormula.Direct:
                TileReduction.Run(device, gradient, null, norms);
                break;
            default:
                throw new ArgumentException(
                    $"layer '{uses[0].Layer}': formula {formula} does not apply to {uses.Length} use(s) of kind {uses[0].Kind} with {uses[0].Positions} position(s)",
                    nameof(formula));
        }

        for (int i = 0; i < gradient.Batch; i++)
        {
            // Rounding can leave a Gram sum below zero. A NaN fails the comparison and stays.
            norms[i] = norms[i] < 0 ? 0 : norms[i];
        }

        Store(norms, gradient.Batch, result);
    }
}
