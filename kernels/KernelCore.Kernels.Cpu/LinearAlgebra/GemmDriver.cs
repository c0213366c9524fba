using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>The loops around a tile: blocks of columns, depth and rows, packed and multiplied in parallel.</summary>
internal static unsafe class GemmDriver<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(in GemmProblem given, WorkerPool? pool)
    {
        if (given.M == 0 || given.N == 0)
        {
            return;
        }

        GemmBlock<TLanes> block = PreferTransposed(given) ? new(given.Transposed(), Scratch.Current) : new(given, Scratch.Current);
        for (int column = 0; column < block.N; column += GemmBlocking.Columns)
        {
            int term = 0;
            do
            {
                for (int row = 0; row < block.M; row += GemmBlocking.Rows)
                {
                    block.MoveTo(row, column, term);
                    Execute(ref block, pool);
                }

                term += block.Terms;
            }
            while (term < block.K);
        }
    }

    // A tile is wide and low: a product of few columns wastes less of it when transposed.
    private static bool PreferTransposed(in GemmProblem problem)
    {
        long tiles = (long)Parallelism.Chunks(problem.M, GemmTile<TLanes>.Rows) * Parallelism.Chunks(problem.N, GemmTile<TLanes>.Columns);
        long transposed = (long)Parallelism.Chunks(problem.N, GemmTile<TLanes>.Rows) * Parallelism.Chunks(problem.M, GemmTile<TLanes>.Columns);
        return 2 * transposed <= tiles;
    }

    private static void Execute(ref GemmBlock<TLanes> block, WorkerPool? pool)
    {
        if (pool is null)
        {
            block.Pack(0, 1);
            block.Multiply(0, block.RowPanels, 0, block.ColumnPanels);
            return;
        }

        var packing = new Packing(in block);
        pool.Run(packing.Tasks, ref packing);
        var multiplying = new Multiplying(in block, pool.Threads);
        pool.Run(multiplying.Tasks, ref multiplying);
    }

    private readonly struct Packing(in GemmBlock<TLanes> block) : IParallelBody
    {
        private readonly GemmBlock<TLanes> _block = block;

        public int Tasks => Parallelism.Chunks(_block.PanelsToPack, GemmBlocking.PackPanels);

        public void Run(int task, int worker)
        {
            _block.Pack(task, Tasks);
        }
    }

    private readonly struct Multiplying : IParallelBody
    {
        private readonly GemmBlock<TLanes> _block;
        private readonly int _rows, _columns, _tasksAcross;

        public Multiplying(in GemmBlock<TLanes> block, int threads)
        {
            _block = block;
            _rows = GemmBlocking.TaskRows / GemmTile<TLanes>.Rows;
            _columns = Math.Max(1, GemmBlocking.TaskColumns / GemmTile<TLanes>.Columns);

            // Several tasks per thread, so that one that is held up does not hold up the others.
            while (Tasks < 4 * threads && _rows * _columns > GemmBlocking.TaskTiles)
            {
                if (_rows >= _columns)
                {
                    _rows /= 2;
                }
                else
                {
                    _columns /= 2;
                }
            }

            _tasksAcross = Parallelism.Chunks(block.ColumnPanels, _columns);
        }

        public int Tasks => Parallelism.Chunks(_block.RowPanels, _rows) * Parallelism.Chunks(_block.ColumnPanels, _columns);

        public void Run(int task, int worker)
        {
            int row = task / _tasksAcross * _rows, column = task % _tasksAcross * _columns;
            _block.Multiply(
                row, Math.Min(row + _rows, _block.RowPanels), column, Math.Min(column + _columns, _block.ColumnPanels));
        }
    }
}
