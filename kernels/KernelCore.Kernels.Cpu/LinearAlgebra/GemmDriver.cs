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

        bool transpose = given.RowDots == null && PreferTransposed(given);
        GemmProblem problem = transpose ? given.Transposed() : given;
        if (SparseDriver<TLanes>.TryRun(problem, pool))
        {
            return;
        }

        var block = new GemmBlock<TLanes>(problem, Scratch.Current);
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

        public void Run(int task, int worker)
        {
            int row = task / Across * _rows, column = task % Across * _columns;
            _block.Multiply(
                row, Math.Min(row + _rows, _block.RowPanels), column, Math.Min(column + _columns, _block.ColumnPanels), Scratch.Current);
        }
    }
}
