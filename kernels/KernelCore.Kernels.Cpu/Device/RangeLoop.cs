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
    /// <summary>Elements worth a task: about as long as it takes to wake a thread.</summary>
    public const int Grain = 16384;

    /// <summary>Runs a loop whose indices each stand for <paramref name="elements"/> elements of work.</summary>
    public static void Run<TBody>(WorkerPool pool, int count, long elements, ref TBody body)
        where TBody : struct, IRangeBody
    {
        int step = (int)Math.Clamp(Grain / Math.Max(1, elements), 1, Grain);
        int tasks = (int)(((long)count + step - 1) / step);
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
