using ILGPU;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The terms of a sum over one row.</summary>
internal interface ITerm
{
    /// <summary>Whether all that is read along with a row starts at a multiple of 16 bytes. Asked by the host.</summary>
    bool IsAligned { get; }

    /// <summary>The sum of those that a thread takes at a time.</summary>
    double At(int row, RowWalk at);
}

/// <summary>A term that each element gives apart from its neighbours.</summary>
internal interface IElementTerm
{
    double At(int row, int i);
}

/// <summary>result[row] (+)= sum over i of a term, in double: a warp sums a block of a row, a thread the blocks in order.</summary>
internal sealed class RowSums(IlgpuDevice device)
{
    private const int Block = 2048;

    /// <summary>Sums rows.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="length">Terms of each.</param>
    /// <param name="term">What to sum.</param>
    /// <param name="totals">One double per row.</param>
    /// <param name="accumulate">Whether to add to the totals.</param>
    public void Run<TTerm>(int rows, int length, TTerm term, ArrayView<double> totals, bool accumulate)
        where TTerm : struct, ITerm
    {
        int blocks = Math.Max(1, (length + Block - 1) / Block);
        MemoryBuffer1D<double, Stride1D.Dense> partials = device.Pool.Rent<double>((long)rows * blocks);
        device.ForEachRow(KernelShapes.RowSums((long)rows * blocks, (length + blocks - 1) / blocks), new BlockSum<TTerm>
        {
            Term = term, Partials = partials.View.AsContiguous(), Rows = new RowLayout(length, term.IsAligned), Blocks = blocks,
        });
        device.ForEach(rows, new Finish { Partials = partials.View.AsContiguous(), Totals = totals, Blocks = blocks, Accumulate = accumulate ? 1 : 0 });
        device.Pool.Return(partials);
    }

    internal struct BlockSum<TTerm> : IRow
        where TTerm : struct, ITerm
    {
        public TTerm Term;
        public ArrayView<double> Partials;
        public RowLayout Rows;
        public int Blocks;

        public readonly void At<TWarp>(int index)
            where TWarp : struct, IWarp
        {
            int row = index / Blocks, first = index % Blocks * Block;
            double sum = 0;
            for (RowWalk at = Rows.Walk<TWarp>(row, first, IntrinsicMath.Min(Block, Rows.Length - first)); at.IsInRow; at = at.Next<TWarp>())
            {
                sum += Term.At(row, at);
            }

            sum = TWarp.Sum(sum);
            if (TWarp.Lane == 0)
            {
                Partials[index] = sum;
            }
        }
    }

    internal struct Finish : IElement
    {
        public ArrayView<double> Partials, Totals;
        public int Blocks, Accumulate;

        public readonly void At(int row)
        {
            double sum = Accumulate != 0 ? Totals[row] : 0;
            for (int b = 0; b < Blocks; b++)
            {
                sum += Partials[(row * Blocks) + b];
            }

            Totals[row] = sum;
        }
    }
}
