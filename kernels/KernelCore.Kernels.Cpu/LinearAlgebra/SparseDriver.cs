using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// Products whose left operand is held and mostly zero, as backprops and activations of a ReLU are: only its nonzeros are multiplied. The bits are
/// those of the dense product, which adds the same terms in the same order and zeros between them.
/// </summary>
internal static unsafe class SparseDriver<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    // Fewer rows would not repay the packing of B.
    private const int FewestRows = 32;

    /// <summary>The left operand as lists of nonzeros; null unless it is held and the product is worth it.</summary>
    public static NonzeroLists? Find(in GemmProblem problem, WorkerPool? pool) =>
        problem.HeldA is { } held && IsSuited(problem) && held.FindNonzeros(problem, BlocksOf(problem), SparseTile<TLanes>.Columns, pool) is { } lists
        && HasFiniteFactors(problem) ? lists : null;

    /// <summary>Runs the product.</summary>
    public static void Run(in GemmProblem problem, NonzeroLists lists, WorkerPool? pool)
    {
        TermBlocks blocks = BlocksOf(problem);
        for (int row = 0; row < problem.M; row += GemmBlocking.Rows)
        {
            var block = new SparseBlock<TLanes>(problem, blocks, lists, row, Scratch.Current);
            for (int part = 0; part < blocks.Parts; part++)
            {
                block.MoveTo(part);
                Execute(block, pool);
            }

            block.SumDots();
        }
    }

    private static TermBlocks BlocksOf(in GemmProblem problem) =>
        new(problem.K, GemmBlocking.DepthOf(problem.K, GemmTile<TLanes>.Columns), SparseTile<TLanes>.Terms);

    private static void Execute(in SparseBlock<TLanes> block, WorkerPool? pool)
    {
        var preparing = new Preparing(block);
        WorkerPool.Run(pool, preparing.Tasks, ref preparing);
        var multiplying = new Multiplying(block, pool?.Threads ?? 1);
        WorkerPool.Run(pool, multiplying.Tasks, ref multiplying);
    }

    private static bool IsSuited(in GemmProblem problem) =>
        problem.M >= FewestRows && problem.K > 0 && problem.N > GemmBlocking.InPlaceColumns * GemmTile<TLanes>.Columns && problem.ColumnC == 1
        && problem.Activated == null;

    // A factor that is not finite makes something of zero.
    private static bool HasFiniteFactors(in GemmProblem problem) => problem.TermFactors == null || float.IsFinite(
        TensorPrimitives.SumOfMagnitudes(new ReadOnlySpan<float>(problem.TermFactors, Parallelism.Chunks(problem.K, problem.TermsPerFactor))));

    private readonly struct Preparing(in SparseBlock<TLanes> block) : IParallelBody
    {
        private const int TaskGroups = 4;
        private readonly SparseBlock<TLanes> _block = block;

        public int Tasks => _block.PanelsToPack + (_block.IsScaled ? Parallelism.Chunks(Groups, TaskGroups) : 0);

        private int Groups => Parallelism.Chunks(_block.Rows, NonzeroLists.GroupRows);

        public void Run(int task, int worker)
        {
            if (task < _block.PanelsToPack)
            {
                _block.Pack(task);
            }
            else
            {
                int group = (task - _block.PanelsToPack) * TaskGroups;
                _block.Scale(group, Math.Min(group + TaskGroups, Groups));
            }
        }
    }

    private readonly struct Multiplying : IParallelBody
    {
        // More sums than a second-level cache holds beside all else; fewer repay no panel of B.
        private const int MostTaskRows = 512, FewestTaskRows = 128;

        private readonly SparseBlock<TLanes> _block;
        private readonly int _rows;

        public Multiplying(in SparseBlock<TLanes> block, int threads)
        {
            _block = block;
            int below = threads == 1 ? 1 : Parallelism.Chunks(GemmBlocking.TasksPerThread * threads, block.Panels);
            _rows = Math.Clamp(Parallelism.Chunks(block.Rows, below), FewestTaskRows, MostTaskRows);
        }

        public int Tasks => _block.Panels * Parallelism.Chunks(_block.Rows, _rows);

        public void Run(int task, int worker)
        {
            int row = task / _block.Panels * _rows;
            _block.Multiply(row, Math.Min(row + _rows, _block.Rows), task % _block.Panels, Scratch.Current);
        }
    }
}
