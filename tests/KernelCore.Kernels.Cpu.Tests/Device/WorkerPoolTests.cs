using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

public sealed class WorkerPoolTests
{
    public static TheoryData<int> ThreadCounts => [1, 2, 3, 4, 5, 6, 7, 8];

    [Theory]
    [MemberData(nameof(ThreadCounts))]
    public void RunsEveryTaskOnceOnAValidWorker(int threads)
    {
        using var pool = new WorkerPool(threads);
        foreach (int tasks in (int[])[0, 1, 2, 3, 7, 8, 9, 100, 1000])
        {
            var body = new CountBody(new int[tasks], threads);
            pool.Run(tasks, ref body);
            Assert.All(body.Runs, runs => Assert.Equal(1, runs));
        }
    }

    [Theory]
    [MemberData(nameof(ThreadCounts))]
    public void LoopInsideATaskKeepsItsWorker(int threads)
    {
        using var pool = new WorkerPool(threads);
        var body = new NestedBody(pool, new int[20]);
        pool.Run(20, ref body);
        Assert.All(body.Runs, runs => Assert.Equal(30, runs));
    }

    [Theory]
    [MemberData(nameof(ThreadCounts))]
    public void FirstExceptionReachesTheCallerAndThePoolSurvives(int threads)
    {
        using var pool = new WorkerPool(threads);
        for (int repeat = 0; repeat < 50; repeat++)
        {
            var failing = new FailingBody(repeat);
            var error = Assert.Throws<InvalidDataException>(() => pool.Run(60, ref failing));
            Assert.Equal("task", error.Message);
            var body = new CountBody(new int[10], threads);
            pool.Run(10, ref body);
            Assert.All(body.Runs, runs => Assert.Equal(1, runs));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void ALoopAllocatesNothing(int threads)
    {
        using var pool = new WorkerPool(threads);
        var body = new SumBody(new long[64]);
        SteadyState.AssertNoAllocation(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                pool.Run(64, ref body);
            }
        });
    }

    [Fact]
    public void SurvivesManySmallLoops()
    {
        const int Loops = 100_000;
        using var pool = new WorkerPool(3);
        var body = new CountBody(new int[4], 3);
        for (int i = 0; i < Loops; i++)
        {
            pool.Run(4, ref body);
        }

        Assert.All(body.Runs, runs => Assert.Equal(Loops, runs));
    }

    [Fact]
    public void WakesThreadsThatHaveBlocked()
    {
        using var pool = new WorkerPool(4);
        var body = new CountBody(new int[8], 4);
        for (int i = 0; i < 50; i++)
        {
            pool.Run(8, ref body);
            Thread.Sleep(1);
        }

        Assert.All(body.Runs, runs => Assert.Equal(50, runs));
    }

    [Fact]
    public void RefusesASecondCallingThread()
    {
        using var pool = new WorkerPool(2);
        var body = new IntruderBody(pool);
        pool.Run(1, ref body);
        Assert.IsType<InvalidOperationException>(body.Seen[0]);
    }

    [Fact]
    public void APoolInsideATaskOfAnotherKeepsItsOwnWorkers()
    {
        using var outer = new WorkerPool(2);
        using var inner = new WorkerPool(2);
        var body = new ForeignBody(inner, new int[16]);
        outer.Run(1, ref body);
        Assert.All(body.Runs, runs => Assert.Equal(1, runs));
    }

    [Fact]
    public void RunsNothingOnceDisposed()
    {
        var pool = new WorkerPool(2);
        var body = new CountBody(new int[2], 2);
        pool.Run(2, ref body);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(2, ref body));
    }

    private readonly struct CountBody(int[] runs, int threads) : IParallelBody
    {
        public int[] Runs { get; } = runs;

        public void Run(int task, int worker)
        {
            Assert.InRange(worker, 0, threads - 1);
            Interlocked.Increment(ref Runs[task]);
        }
    }

    private readonly struct SumBody(long[] sums) : IParallelBody
    {
        public void Run(int task, int worker) => sums[task] += worker;
    }

    private readonly struct NestedBody(WorkerPool pool, int[] runs) : IParallelBody
    {
        public int[] Runs { get; } = runs;

        public void Run(int task, int worker)
        {
            var inner = new InnerBody(Runs, task, worker, Environment.CurrentManagedThreadId);
            pool.Run(30, ref inner);
        }
    }

    private readonly struct InnerBody(int[] runs, int outer, int outerWorker, int thread) : IParallelBody
    {
        public void Run(int task, int worker)
        {
            Assert.Equal(outerWorker, worker);
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            Interlocked.Increment(ref runs[outer]);
        }
    }

    private readonly struct FailingBody(int which) : IParallelBody
    {
        public void Run(int task, int worker)
        {
            if (task == which)
            {
                throw new InvalidDataException("task");
            }
        }
    }

    private readonly struct IntruderBody(WorkerPool pool) : IParallelBody
    {
        public Exception?[] Seen { get; } = new Exception?[1];

        public void Run(int task, int worker)
        {
            (WorkerPool target, Exception?[] seen) = (pool, Seen);
            var intruder = new Thread(() =>
            {
                var body = new FailingBody(-1);
                seen[0] = Record.Exception(() => target.Run(1, ref body));
            });
            intruder.Start();
            intruder.Join();
        }
    }

    private readonly struct ForeignBody(WorkerPool pool, int[] runs) : IParallelBody
    {
        public int[] Runs { get; } = runs;

        public void Run(int task, int worker)
        {
            var inner = new CountBody(Runs, pool.Threads);
            pool.Run(Runs.Length, ref inner);
        }
    }
}
