namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary><see cref="GhostNorm"/> of all samples.</summary>
    private void GramNorms(in ParameterGradient gradient, double* totals)
    {
        int groups = gradient[0].Groups;
        double* partials = Shared.Doubles(ScratchSlot.Sums, (long)gradient.Batch * groups);
        var body = new GramNormsBody(device, gradient, partials);
        RangeLoop.Run(device.Pool, checked(gradient.Batch * groups), GhostNorm.Flops(gradient[0]), ref body);
        for (int i = 0; i < gradient.Batch; i++)
        {
            for (int group = 0; group < groups; group++)
            {
                totals[i] += partials[(i * groups) + group];
            }
        }
    }

    /// <summary>Units are groups of samples.</summary>
    private readonly struct GramNormsBody(CpuDevice device, ParameterGradient gradient, double* partials) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            Scratch scratch = device.Scratch(worker);
            for (int unit = first; unit < end; unit++)
            {
                (int sample, int group) = Math.DivRem(unit, gradient[0].Groups);
                partials[unit] = GhostNorm.Sum(gradient[0], sample, group, scratch);
            }
        }
    }
}
