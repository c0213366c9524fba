using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

/// <summary>Whole-tensor factors in parallel ranges.</summary>
internal readonly unsafe struct ScaleLoop(float beta, float* y, long count) : IParallelBody
{
    private const int Range = 1 << 16;

    /// <summary>y = beta y; with 0 the old content is not read.</summary>
    public static void Run(CpuDevice device, float beta, float* y, long count)
    {
        if (beta != 1)
        {
            var body = new ScaleLoop(beta, y, count);
            device.Pool.Run(Parallelism.Chunks(count, Range), ref body);
        }
    }

    public void Run(int task, int worker)
    {
        long start = (long)task * Range;
        int length = (int)Math.Min(Range, count - start);
        StridedRows.Scale(beta, y + start, length, 1, length);
    }
}
