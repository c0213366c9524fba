namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    private const double FlopsPerKey = 64;

    /// <summary>Sorts the positions of every sample by table row; read them with <see cref="LookupRuns"/>.</summary>
    private long* SortLookups(in ParameterGradient gradient, ScratchSlot slot)
    {
        long* keys = (long*)Shared.Doubles(slot, (long)gradient.Batch * LookupRuns.Stride(gradient));
        var body = new SortBody(gradient, keys);
        RangeLoop.Run(device.Pool, gradient.Batch, FlopsPerKey * LookupRuns.Stride(gradient), ref body);
        return keys;
    }

    private readonly struct SortBody(ParameterGradient gradient, long* keys) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            for (int i = first; i < end; i++)
            {
                LookupRuns.Sort(gradient, i, keys);
            }
        }
    }
}
