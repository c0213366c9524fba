using KernelCore.Kernels;

namespace KernelCore.Gradients;

/// <summary>Random signs, addressed by seed, row and column: the same on every backend and for every thread count.</summary>
internal static class Rademacher
{
    private const int BitsPerWord = 32, BitsPerBlock = 4 * BitsPerWord;

    /// <summary>values[j] = +scale or -scale for column <paramref name="column"/> + j of a row.</summary>
    /// <remarks>Column c is bit c % 32 of word c / 32 of Philox stream <paramref name="row"/>; a set bit is negative.</remarks>
    public static void Fill(Span<float> values, ulong seed, ulong row, long column, float scale)
    {
        long end = column + values.Length;
        for (long block = column / BitsPerBlock; block * BitsPerBlock < end; block++)
        {
            var (x, y, z, w) = Philox.Block(seed, row, (ulong)block);
            long first = block * BitsPerBlock;
            for (long c = Math.Max(first, column); c < Math.Min(first + BitsPerBlock, end); c++)
            {
                int bit = (int)(c - first);
                uint word = (bit / BitsPerWord) switch { 0 => x, 1 => y, 2 => z, _ => w };
                values[(int)(c - column)] = ((word >> (bit % BitsPerWord)) & 1) == 0 ? scale : -scale;
            }
        }
    }

    /// <summary>A matrix [rows, columns] of signs over sqrt(rows), or the identity where it would not shorten anything.</summary>
    /// <param name="size">Rows asked for; at most <paramref name="columns"/> come out.</param>
    /// <param name="columns">Length of what is projected.</param>
    /// <param name="seed">Key.</param>
    /// <param name="firstRow">Number of the first row.</param>
    public static float[] Matrix(int size, int columns, ulong seed, ulong firstRow)
    {
        int rows = Math.Min(size, columns);
        var values = new float[checked(rows * columns)];
        for (int row = 0; row < rows; row++)
        {
            if (rows == columns)
            {
                values[(row * columns) + row] = 1;
            }
            else
            {
                Fill(values.AsSpan(row * columns, columns), seed, firstRow + (ulong)row, 0, 1 / MathF.Sqrt(rows));
            }
        }

        return values;
    }
}
