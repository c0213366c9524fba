using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>The loops around a block: rows of A packed in parallel, then ranges of C computed in parallel.</summary>
internal static unsafe class GemmDriver<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(in GemmProblem given, WorkerPool? pool)
    {
        if (given.M == 0 || given.N == 0)
        {
            given.ClearDots();
            return;
        }

        GemmProblem problem = Ordered(given);
        if (SparseDriver<TLanes>.Find(problem, pool) is { } lists)
        {
            SparseDriver<TLanes>.Run(problem, lists, pool);
            return;
        }

        var block = new GemmBlock<TLanes>(problem, Scratch.Current);
        Run(ref block, pool);
    }

    /// <summary>A product and another one into the same C, the second with beta 1.</summary>
    /// <remarks>They share loops where at most one packs A, as there is room for one, and all rows go at a time.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(in GemmProblem given, in GemmProblem then, WorkerPool? pool)
    {
        if (pool is null || given.M == 0 || given.N == 0)
        {
            Run(given, pool);
            Run(then, pool);
            return;
        }

        GemmProblem problem = Ordered(given), next = Ordered(then);
        NonzeroLists? lists = SparseDriver<TLanes>.Find(problem, pool), nextLists = SparseDriver<TLanes>.Find(next, pool);
        GemmBlock<TLanes> block = lists is null ? new(problem, Scratch.Current) : default, nextBlock = nextLists is null ? new(next, Scratch.Current) : default;
        if (lists is null && nextLists is null && (block.IsHeldA || nextBlock.IsHeldA) && block.M <= GemmBlocking.Rows)
        {
            RunBoth(ref block, ref nextBlock, pool);
            return;
        }

        Run(problem, lists, ref block, pool);
        Run(next, nextLists, ref nextBlock, pool);
    }

    private static void Run(in GemmProblem problem, NonzeroLists? lists, ref GemmBlock<TLanes> block, WorkerPool? pool)
    {
        if (lists is null)
        {
            Run(ref block, pool);
        }
        else
        {
            SparseDriver<TLanes>.Run(problem, lists, pool);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Run(ref GemmBlock<TLanes> block, WorkerPool? pool)
    {
        block.Reserve(Scratch.Current);
        for (int row = 0; row < block.M; row += GemmBlocking.Rows)
        {
            int term = 0;
            do
            {
                block.MoveTo(row, term);
                Execute(block, pool);
                term += block.Terms;
            }
            while (term < block.K);
            block.SumDots();
        }
    }

    /// <summary>The last terms of the one and the first of the other run together: a task's part of C is still in cache, and threads wait for each other once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void RunBoth(ref GemmBlock<TLanes> first, ref GemmBlock<TLanes> second, WorkerPool pool)
    {
        first.Reserve(Scratch.Current);
        second.Reserve(Scratch.Current);
        int term = 0;
        for (; term + first.Terms < first.K; term += first.Terms)
        {
            first.MoveTo(0, term);
            Execute(first, pool);
        }

        first.MoveTo(0, term);
        second.MoveTo(0, 0);
        var packing = new PackingBoth(first, second);
        pool.Run(packing.Tasks, ref packing);
        var multiplying = new MultiplyingBoth(first, second, pool.Threads);
        pool.Run(multiplying.Tasks, ref multiplying);
        for (term = second.Terms; term < second.K; term += second.Terms)
        {
            second.MoveTo(0, term);
            Execute(second, pool);
        }
    }

    private static GemmProblem Ordered(in GemmProblem given) => given.RowDots == null && PreferTransposed(given) ? given.Transposed() : given;

    // A tile is wide and low: a product of few columns wastes less of it when transposed.
    private static bool PreferTransposed(in GemmProblem problem)
    {
        long tiles = (long)Parallelism.Chunks(problem.M, GemmTile<TLanes>.Rows) * Parallelism.Chunks(problem.N, GemmTile<TLanes>.Columns);
        long transposed = (long)Parallelism.Chunks(problem.N, GemmTile<TLanes>.Rows) * Parallelism.Chunks(problem.M, GemmTile<TLanes>.Columns);
        return 2 * transposed <= tiles;
    }

    private static void Execute(in GemmBlock<TLanes> block, WorkerPool? pool)
    {
        var packing = new Packing(block);
        WorkerPool.Run(pool, packing.Tasks, ref packing);
        if (pool is null)
        {
            block.Multiply(0, block.RowPanels, 0, block.ColumnPanels, Scratch.Current);
            return;
        }

        var multiplying = new Multiplying(block, pool.Threads);
        pool.Run(multiplying.Tasks, ref multiplying);
    }

    private readonly struct Packing(in GemmBlock<TLanes> block) : IParallelBody
    {
        private readonly GemmBlock<TLanes> _block = block;

        public int Tasks => TasksA + Parallelism.Chunks(_block.PanelsToPackB, GemmBlocking.PackPanels);

        private int TasksA => Parallelism.Chunks(_block.PanelsToPackA, GemmBlocking.PackPanels);

        public void Run(int task, int worker)
        {
            if (task < TasksA)
            {
                int panel = _block.FirstPackedPanel + (task * GemmBlocking.PackPanels);
                _block.PackA(panel, Math.Min(panel + GemmBlocking.PackPanels, _block.RowPanels));
            }
            else
            {
                int panel = (task - TasksA) * GemmBlocking.PackPanels;
                _block.PackB(panel, Math.Min(panel + GemmBlocking.PackPanels, _block.ColumnPanels));
            }
        }
    }

    private readonly struct Multiplying : IParallelBody
    {
        private readonly GemmBlock<TLanes> _block;
        private readonly int _rows, _columns;

        public Multiplying(in GemmBlock<TLanes> block, int threads)
        {
            _block = block;
            _rows = block.RowPanels;
            _columns = block.ColumnPanels;

            // Several tasks per thread, so that one that is held up does not hold up the others. With fewer rows B is packed
            // more often, with fewer columns A is fetched more often. Panels of B stay in pairs: each adds up its dots.
            while (threads > 1 && Tasks < GemmBlocking.TasksPerThread * threads && (_rows > 1 || _columns > GemmBlocking.TaskColumns)
                && (long)_rows * _columns * block.Terms > GemmBlocking.TaskTerms)
            {
                if (_columns > GemmBlocking.TaskColumns && _rows < 16 * _columns)
                {
                    _columns = Parallelism.Chunks(_columns, 2 * GemmBlocking.TaskColumns) * GemmBlocking.TaskColumns;
                }
                else
                {
                    _rows = (_rows + 1) / 2;
                }
            }
        }

        public int Tasks => Parallelism.Chunks(_block.RowPanels, _rows) * Across;

        private int Across => Parallelism.Chunks(_block.ColumnPanels, _columns);

        public void Run(int task, int worker) => Run(task, _block);

        public void Run(int task, in GemmBlock<TLanes> block)
        {
            int row = task / Across * _rows, column = task % Across * _columns;
            block.Multiply(row, Math.Min(row + _rows, _block.RowPanels), column, Math.Min(column + _columns, _block.ColumnPanels), Scratch.Current);
        }
    }

    private readonly struct PackingBoth(in GemmBlock<TLanes> first, in GemmBlock<TLanes> second) : IParallelBody
    {
        private readonly Packing _first = new(first), _second = new(second);

        public int Tasks => _first.Tasks + _second.Tasks;

        public void Run(int task, int worker)
        {
            if (task < _first.Tasks)
            {
                _first.Run(task, worker);
            }
            else
            {
                _second.Run(task - _first.Tasks, worker);
            }
        }
    }

    private readonly struct MultiplyingBoth(in GemmBlock<TLanes> first, in GemmBlock<TLanes> second, int threads) : IParallelBody
    {
        private readonly Multiplying _first = new(first, threads);
        private readonly GemmBlock<TLanes> _second = second;

        public int Tasks => _first.Tasks;

        public void Run(int task, int worker)
        {
            _first.Run(task, worker);
            _first.Run(task, _second);
        }
    }
}
