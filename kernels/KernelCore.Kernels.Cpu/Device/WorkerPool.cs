using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

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
/// <remarks>
/// <para>
/// Every thread has its share of the tasks, the same part of every loop, so that what it wrote in one loop is in its own
/// cache in the next. One that is done takes from the shares of the others. The caller takes part and then waits only for
/// workers that joined: one that is still asleep when the tasks run out is never waited for, so a loop on a busy machine
/// costs no more than running it alone. Idle threads spin for microseconds, then block.
/// </para>
/// <para>A loop allocates nothing: workers call the caller's struct through a pointer to it.</para>
/// </remarks>
internal sealed unsafe class WorkerPool : IDisposable
{
    [ThreadStatic]
    private static WorkerPool? t_pool;

    [ThreadStatic]
    private static int t_worker;

    private readonly Scratch[] _scratch;
    private readonly Parking[] _parking;
    private readonly TaskShare[] _shares;
    private Thread[]? _threads;
    private Exception? _error;
    private Loop _loop;
    private int _busy;
    private bool _disposed;

    /// <param name="threads">Threads that take part, the caller included.</param>
    public WorkerPool(int threads)
    {
        Threads = threads;
        _scratch = new Scratch[threads];
        _parking = new Parking[threads];
        _shares = new TaskShare[threads];
        for (int i = 0; i < threads; i++)
        {
            _scratch[i] = new Scratch();
            _parking[i] = new Parking();
        }
    }

    /// <summary>Threads that take part, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Working memory of one worker.</summary>
    public Scratch Scratch(int worker) => _scratch[worker];

    /// <summary>Runs <paramref name="tasks"/> tasks and returns when all are done. A loop inside a task runs on its own thread.</summary>
    /// <exception cref="InvalidOperationException">Another thread is inside a loop of this pool.</exception>
    /// <remarks>When tasks throw, no further tasks start and the first exception is thrown again here.</remarks>
    public void Run<TBody>(int tasks, ref TBody body)
        where TBody : struct, IParallelBody
    {
        if (t_pool == this)
        {
            RunAlone(tasks, t_worker, ref body);
            return;
        }

        Enter(out Entry entry);
        try
        {
            if (Threads == 1 || tasks <= 1)
            {
                RunAlone(tasks, 0, ref body);
            }
            else
            {
                // Pins the struct wherever it lives; on the caller's stack, the usual place, this costs nothing.
                fixed (byte* address = &Unsafe.As<TBody, byte>(ref body))
                {
                    Share(tasks, address, &Drain<TBody>);
                }
            }
        }
        finally
        {
            Leave(entry);
        }
    }

    /// <summary>Runs tasks on a pool, or without one on the calling thread.</summary>
    public static void Run<TBody>(WorkerPool? pool, int tasks, ref TBody body)
        where TBody : struct, IParallelBody
    {
        if (pool is null)
        {
            RunAlone(tasks, 0, ref body);
        }
        else
        {
            pool.Run(tasks, ref body);
        }
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_threads is not null)
        {
            Interlocked.Increment(ref _loop.Epoch);
            for (int worker = 1; worker < Threads; worker++)
            {
                _parking[worker].Wake();
                _threads[worker - 1].Join();
            }
        }

        for (int worker = 0; worker < Threads; worker++)
        {
            _scratch[worker].Dispose();
            _parking[worker].Dispose();
        }
    }

    private static void RunAlone<TBody>(int tasks, int worker, ref TBody body)
        where TBody : struct, IParallelBody
    {
        for (int task = 0; task < tasks; task++)
        {
            body.Run(task, worker);
        }
    }

    private static void Drain<TBody>(WorkerPool pool, void* address, int worker)
        where TBody : struct, IParallelBody
    {
        ref TBody body = ref Unsafe.AsRef<TBody>(address);
        int tasks = pool._loop.Tasks, threads = pool.Threads;
        for (int i = 0; i < threads; i++)
        {
            int owner = (worker + i) % threads, end = Parallelism.ChunkStart(tasks, threads, owner + 1);
            ref int next = ref pool._shares[owner].Next;
            for (int task; (task = Interlocked.Increment(ref next) - 1) < end;)
            {
                body.Run(task, worker);
            }
        }
    }

    private void Enter(out Entry entry)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("a CPU device serves one calling thread at a time; give each thread its own");
        }

        entry = new Entry(t_pool, t_worker, Cpu.Scratch.Exchange(_scratch[0]));
        (t_pool, t_worker) = (this, 0);
    }

    private void Leave(in Entry entry)
    {
        (t_pool, t_worker) = (entry.Pool, entry.Worker);
        Cpu.Scratch.Exchange(entry.Scratch);
        Volatile.Write(ref _busy, 0);
    }

    private void Share(int tasks, void* body, delegate*<WorkerPool, void*, int, void> drain)
    {
        _threads ??= Start();
        _loop.Body = body;
        _loop.Drain = drain;
        _loop.Tasks = tasks;
        for (int worker = 0; worker < Threads; worker++)
        {
            _shares[worker].Next = Parallelism.ChunkStart(tasks, Threads, worker);
        }

        Volatile.Write(ref _loop.Open, true);
        Interlocked.Increment(ref _loop.Epoch);
        for (int worker = Math.Min(tasks, Threads) - 1; worker > 0; worker--)
        {
            _parking[worker].Wake();
        }

        Work(0);

        // Closing and joining are full fences on both sides: either the worker sees the loop closed, or we see it inside.
        Volatile.Write(ref _loop.Open, false);
        Interlocked.MemoryBarrier();
        Parking parking = _parking[0];
        for (long limit = Parking.SpinLimit(); Volatile.Read(ref _loop.Inside) != 0;)
        {
            if (Parking.Spin(limit))
            {
                continue;
            }

            parking.Announce();
            if (Volatile.Read(ref _loop.Inside) != 0)
            {
                parking.Block();
            }
            else
            {
                parking.Retract();
            }
        }

        if (_error is not null)
        {
            Exception error = _error;
            _error = null;
            ExceptionDispatchInfo.Throw(error);
        }
    }

    private void Work(int worker)
    {
        try
        {
            _loop.Drain(this, _loop.Body, worker);
        }
        catch (Exception error)
        {
            Interlocked.CompareExchange(ref _error, error, null);
            foreach (ref TaskShare share in _shares.AsSpan())
            {
                Interlocked.Exchange(ref share.Next, _loop.Tasks);
            }
        }
    }

    private Thread[] Start()
    {
        var threads = new Thread[Threads - 1];
        int epoch = _loop.Epoch;
        for (int i = 0; i < threads.Length; i++)
        {
            int worker = i + 1;
            threads[i] = new Thread(() => Serve(worker, epoch)) { IsBackground = true, Name = $"KernelCore worker {worker}" };
            threads[i].Start();
        }

        return threads;
    }

    private void Serve(int worker, int epoch)
    {
        (t_pool, t_worker) = (this, worker);
        Cpu.Scratch.Exchange(_scratch[worker]);
        while (true)
        {
            epoch = AwaitLoop(worker, epoch);
            if (_disposed)
            {
                return;
            }

            Interlocked.Increment(ref _loop.Inside);
            if (Volatile.Read(ref _loop.Open))
            {
                Work(worker);
            }

            if (Interlocked.Decrement(ref _loop.Inside) == 0)
            {
                _parking[0].Wake();
            }
        }
    }

    private int AwaitLoop(int worker, int epoch)
    {
        Parking parking = _parking[worker];
        for (long limit = Parking.SpinLimit(); ;)
        {
            int now = Volatile.Read(ref _loop.Epoch);
            if (now != epoch)
            {
                return now;
            }

            if (Parking.Spin(limit))
            {
                continue;
            }

            parking.Announce();
            if (Volatile.Read(ref _loop.Epoch) == epoch)
            {
                parking.Block();
            }
            else
            {
                parking.Retract();
            }
        }
    }

    /// <summary>What the calling thread was before it entered a loop of this pool.</summary>
    private readonly record struct Entry(WorkerPool? Pool, int Worker, Scratch? Scratch);

    /// <summary>The current loop. Counters that different threads hammer lie on lines of their own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Loop
    {
        [FieldOffset(64)]
        public void* Body;

        [FieldOffset(72)]
        public delegate*<WorkerPool, void*, int, void> Drain;

        [FieldOffset(80)]
        public int Tasks;

        [FieldOffset(84)]
        public bool Open;

        [FieldOffset(88)]
        public int Epoch;

        [FieldOffset(128)]
        public int Inside;
    }

    /// <summary>The next task of one thread's share, on a line of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct TaskShare
    {
        [FieldOffset(64)]
        public int Next;
    }
}
