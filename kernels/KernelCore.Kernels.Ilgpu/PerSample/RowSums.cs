using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The terms of a sum over one row.</summary>
internal interface ITerm : IRowPass
{
    /// <summary>Whether all that is read along with a row starts at a multiple of 16 bytes. Asked by the host.</summary>
    bool IsAligned { get; }

    /// <summary>Whether a vector that all rows share is among that.</summary>
    static virtual bool Shares => false;

    /// <summary>The term of one element.</summary>
    double At(int row, int column, Operands<float> x);
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
            Term = term, Partials = partials.View.AsContiguous(), Rows = new RowLayout(length, term.IsAligned, TTerm.Shares), Blocks = blocks,
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
            RowWalk<TWarp> walk = Rows.Row<TWarp>(row, first, IntrinsicMath.Min(Block, Rows.Length - first));
            double sum = TWarp.Sum(walk.Sum(new Terms { Term = Term, Row = row }).Sum);
            if (TWarp.Lane == 0)
            {
                Partials[index] = sum;
            }
        }

        private struct Terms : IRowSum
        {
            public TTerm Term;
            public int Row;
            public double Sum;

            public static int Ahead => TTerm.Ahead;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => Term.Load<TWord>(at, column);

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void Take(int column, Operands<float> x) => Sum += Term.At(Row, column, x);
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
