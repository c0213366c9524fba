namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>||g a^T||^2 = |a|^2 |g|^2 (Goodfellow, "Efficient per-example gradient computations", 2015).</summary>
    private void RankOneNorms(in ParameterGradient gradient, double* totals)
    {
        var body = new RankOneBody(gradient, totals);
        RangeLoop.Run(device.Pool, gradient.Batch, 2.0 * (gradient.Rows + gradient.Columns), ref body);
    }

    private readonly struct RankOneBody(ParameterGradient gradient, double* totals) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            ref readonly CaptureView use = ref gradient[0];
            for (int i = first; i < end; i++)
            {
                float* a = use.ActivationOf(i), g = use.BackpropOf(i);
                totals[i] += Reductions.Dot(a, a, use.Columns) * Reductions.Dot(g, g, use.Rows);
            }
        }
    }
}
