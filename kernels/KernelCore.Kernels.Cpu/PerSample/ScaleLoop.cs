namespace KernelCore.Kernels.Cpu;

/// <summary>What the beta of an operation does to the old content, for operations that then add to it.</summary>
internal readonly unsafe struct ScaleLoop(float beta, float* y) : IRangeBody
{
    /// <summary>y = beta y, on all threads; with 0 the old content is not read.</summary>
    public static void Run(CpuDevice device, float beta, float* y, long count)
    {
        if (beta != 1)
        {
            var body = new ScaleLoop(beta, y);
            RangeLoop.Run(device.Pool, checked((int)count), Parallelism.Elements(1), ref body);
        }
    }

    public void Run(int first, int end, int worker) => StridedRows.Scale(beta, y + first, end - first, 1, end - first);
}
