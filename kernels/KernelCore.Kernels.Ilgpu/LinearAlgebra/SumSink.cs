using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What is summed over the elements of a product.</summary>
internal interface IProductTerm
{
    /// <summary>What the place of an element takes from the number of its product alone; computed once.</summary>
    int Start(int batch);

    double Of(int start, int row, int column, float element);
}

/// <summary>The element itself.</summary>
internal readonly struct PlainTerm : IProductTerm
{
    public int Start(int batch) => 0;

    public double Of(int start, int row, int column, float element) => element;
}

/// <summary>Its square.</summary>
internal readonly struct SquareTerm : IProductTerm
{
    public int Start(int batch) => 0;

    public double Of(int start, int row, int column, float element) => (double)element * element;
}

/// <summary>Its product with the element of another matrix at the same place.</summary>
internal struct WeightedTerm : IProductTerm
{
    public MatrixOperand Weights;

    public readonly int Start(int batch) => Weights.Start(batch);

    public readonly double Of(int start, int row, int column, float element) => (double)element * Weights.At(start, row, column);
}

/// <summary>Sums over the elements of a product that is not stored: one double for each square, or for each row within each square. The order is fixed.</summary>
internal struct SumSink<TTerm> : ISink
    where TTerm : struct, IProductTerm
{
    public TTerm Term;
    public ArrayView<double> Partials;

    /// <summary>Whether rows are summed apart.</summary>
    public int RowsApart;

    public readonly void Take<TTile>(TileFrame frame, Quad elements)
        where TTile : struct, ITile
    {
        ArrayView<double> sums = SharedMemory.Allocate<double>(4 * TTile.Side * TTile.Side);
        int extent = 4 * TTile.Side, squares = (frame.Columns + extent - 1) / extent, down = 4 * TTile.Down, across = TTile.Across;
        int start = Term.Start(frame.Batch), row = frame.FirstRow + down, column = frame.FirstColumn + (4 * across);
        sums[(down * TTile.Side) + across] = Sum(frame, start, row, column, elements.Row0);
        sums[((down + 1) * TTile.Side) + across] = Sum(frame, start, row + 1, column, elements.Row1);
        sums[((down + 2) * TTile.Side) + across] = Sum(frame, start, row + 2, column, elements.Row2);
        sums[((down + 3) * TTile.Side) + across] = Sum(frame, start, row + 3, column, elements.Row3);
        TTile.Synchronize();

        for (int r = Group.IdxX; r < extent; r += TTile.Side * TTile.Side)
        {
            double sum = 0;
            for (int k = 0; k < TTile.Side; k++)
            {
                sum += sums[(r * TTile.Side) + k];
            }

            if (RowsApart == 0)
            {
                sums[r * TTile.Side] = sum;
            }
            else if (frame.FirstRow + r < frame.Rows)
            {
                Partials[(((frame.Batch * frame.Rows) + frame.FirstRow + r) * squares) + (frame.FirstColumn / extent)] = sum;
            }
        }

        if (RowsApart == 0)
        {
            TTile.Synchronize();
            if (Group.IdxX == 0)
            {
                double sum = 0;
                for (int r = 0; r < extent; r++)
                {
                    sum += sums[r * TTile.Side];
                }

                Partials[(((frame.Batch * ((frame.Rows + extent - 1) / extent)) + (frame.FirstRow / extent)) * squares) + (frame.FirstColumn / extent)] = sum;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly double Sum(TileFrame frame, int start, int row, int column, Float4 elements)
    {
        double sum = 0;
        if (row < frame.Rows)
        {
            sum += column < frame.Columns ? Term.Of(start, row, column, elements.X) : 0;
            sum += column + 1 < frame.Columns ? Term.Of(start, row, column + 1, elements.Y) : 0;
            sum += column + 2 < frame.Columns ? Term.Of(start, row, column + 2, elements.Z) : 0;
            sum += column + 3 < frame.Columns ? Term.Of(start, row, column + 3, elements.W) : 0;
        }

        return sum;
    }
}
