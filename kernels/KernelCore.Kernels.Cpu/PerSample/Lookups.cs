namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>Sorts the positions of every sample by table row; read them with <see cref="LookupRuns"/>.</summary>
    private long* SortLookups(in ParameterGradient gradient, ScratchSlot slot)
    {
        long* keys = (long*)Shared.Doubles(slot, (long)gradient.Batch * LookupRuns.Stride(gradient));
        var body = new SortBody(gradient, keys);
        device.Pool.Run(body.Tasks, ref body);
        return keys;
    }

    private readonly struct SortBody(ParameterGradient gradient, long* keys) : IParallelBody
    {
        private const int FlopsPerKey = 64;

        private readonly int _perTask = Parallelism.UnitsPerTask(FlopsPerKey * LookupRuns.Stride(gradient));

        public int Tasks => Parallelism.Chunks(gradient.Batch, _perTask);

        public void Run(int task, int worker)
        {
            int end = Math.Min(gradient.Batch, (task + 1) * _perTask);
            for (int i = task * _perTask; i < end; i++)
            {
                LookupRuns.Sort(gradient, i, keys);
            }
        }
    }
}
