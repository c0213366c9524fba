namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>||g a^T||^2 = |a|^2 |g|^2 (Goodfellow, "Efficient per-example gradient computations", 2015).</summary>
    private void RankOneNorms(in ParameterGradient gradient, double* totals)
    {
        var body = new RankOneBody(gradient, totals);
        device.Pool.Run(body.Tasks, ref body);
    }

    private readonly struct RankOneBody(ParameterGradient gradient, double* totals) : IParallelBody
    {
        private readonly int _perTask = Parallelism.UnitsPerTask(2.0 * (gradient.Rows + gradient.Columns));

        public int Tasks => Parallelism.Chunks(gradient.Batch, _perTask);

        public void Run(int task, int worker)
        {
            ref readonly CaptureView use = ref gradient[0];
            int end = Math.Min(gradient.Batch, (task + 1) * _perTask);
            for (int i = task * _perTask; i < end; i++)
            {
                float* a = use.ActivationOf(i), g = use.BackpropOf(i);
                totals[i] += Reductions.Dot(a, a, use.Columns) * Reductions.Dot(g, g, use.Rows);
            }
        }
    }
}
