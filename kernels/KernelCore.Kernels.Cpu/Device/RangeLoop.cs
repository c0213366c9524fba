namespace KernelCore.Kernels.Cpu;

/// <summary>The body of a loop over [0, count) that is cut into ranges.</summary>
internal interface IRangeBody
{
    /// <summary>Handles the indices from <paramref name="first"/> up to, not including, <paramref name="end"/>.</summary>
    /// <param name="first">First index.</param>
    /// <param name="end">One past the last index.</param>
    /// <param name="worker">Index of the thread: addresses per-thread scratch.</param>
    void Run(int first, int end, int worker);
}

/// <summary>
/// Cuts a loop into tasks of a fixed number of indices. The cut depends on the problem alone, never on the number of
/// threads, and a loop of one task stays on the calling thread.
/// </summary>
internal static class RangeLoop
{
    /// <summary>Runs a loop whose indices each stand for <paramref name="flops"/> floating-point operations.</summary>
    public static void Run<TBody>(WorkerPool pool, int count, double flops, ref TBody body)
        where TBody : struct, IRangeBody
    {
        int step = Parallelism.UnitsPerTask(flops), tasks = Parallelism.Chunks(count, step);
        if (tasks <= 1)
        {
            if (count > 0)
            {
                body.Run(0, count, 0);
            }

            return;
        }

        var chunks = new Chunks<TBody> { Body = body, Count = count, Step = step };
        pool.Run(tasks, ref chunks);
    }

    private struct Chunks<TBody> : IParallelBody
        where TBody : struct, IRangeBody
    {
        public TBody Body;
        public int Count, Step;

        public void Run(int task, int worker)
        {
            int first = task * Step;
            Body.Run(first, Math.Min(Count - first, Step) + first, worker);
        }
    }
}
