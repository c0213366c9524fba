using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// A warp's way through a row. Between the first and the last multiple of 16 bytes its threads take words of four elements, those at either end one
/// by one, and all one by one where tensors are not aligned with one another; neighbouring threads take neighbours. A thread takes its words from left
/// to right, then its single elements.
/// </summary>
/// <param name="start">First element of the row.</param>
/// <param name="first">First column of the way.</param>
/// <param name="count">Number of columns.</param>
/// <param name="before">Columns before the first word.</param>
internal readonly struct RowWalk<TWarp>(int start, int first, int count, int before)
    where TWarp : struct, IWarp
{
    private readonly int _start = start, _first = first, _count = count, _before = before;

    /// <summary>Takes every element; gives the pass back with what the calling thread has summed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TPass Sum<TPass>(TPass pass)
        where TPass : struct, IRowSum => Map(new Reading<TPass> { Pass = pass }).Pass;

    /// <summary>The same for a pass that stores results.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TPass Map<TPass>(TPass pass)
        where TPass : struct, IRowMap
    {
        int words = (_count - _before) >> 2;
        Walk<Real4, TPass>(ref pass, words, _before);
        Walk<Real, TPass>(ref pass, _count - (4 * words), 4 * words);
        return pass;
    }

    /// <summary>Takes some words, with as many loads under way as the pass wants. Threads that have no more load the last word once again.</summary>
    /// <param name="pass">What to do.</param>
    /// <param name="count">Number of words.</param>
    /// <param name="skipped">Columns that they leave out: at the start, or, one by one, those that words of four had.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Walk<TWord, TPass>(ref TPass pass, int count, int skipped)
        where TWord : struct, IWord<TWord>
        where TPass : struct, IRowMap
    {
        for (int i = TWarp.Lane; i < count; i += TPass.Ahead * TWarp.Width)
        {
            int second = i + TWarp.Width, third = second + TWarp.Width, fourth = third + TWarp.Width, last = count - 1;
            Operands<TWord> x = Load<TWord, TPass>(pass, i, skipped), y = default, z = default, w = default;
            if (TPass.Ahead > 1)
            {
                y = Load<TWord, TPass>(pass, IntrinsicMath.Min(second, last), skipped);
            }

            if (TPass.Ahead > 2)
            {
                z = Load<TWord, TPass>(pass, IntrinsicMath.Min(third, last), skipped);
                w = Load<TWord, TPass>(pass, IntrinsicMath.Min(fourth, last), skipped);
            }

            Take(ref pass, i, skipped, x);
            if (TPass.Ahead > 1)
            {
                if (second < count)
                {
                    Take(ref pass, second, skipped, y);
                }
            }

            if (TPass.Ahead > 2)
            {
                if (third < count)
                {
                    Take(ref pass, third, skipped, z);
                }

                if (fourth < count)
                {
                    Take(ref pass, fourth, skipped, w);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Operands<TWord> Load<TWord, TPass>(TPass pass, int i, int skipped)
        where TWord : struct, IWord<TWord>
        where TPass : struct, IRowMap
    {
        int column = _first + Skipped<TWord>(i, skipped);
        return pass.Load<TWord>(((_start + column) >> TWord.Shift) + i, (column >> TWord.Shift) + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Take<TWord, TPass>(ref TPass pass, int i, int skipped, Operands<TWord> words)
        where TWord : struct, IWord<TWord>
        where TPass : struct, IRowMap
    {
        int column = _first + Skipped<TWord>(i, skipped);
        pass.Store(((_start + column) >> TWord.Shift) + i, TWord.Apply(ref pass, column + (i << TWord.Shift), words));
    }

    /// <summary>Columns to the left of a word that words before it do not have.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Skipped<TWord>(int i, int skipped)
        where TWord : struct, IWord<TWord> => TWord.Shift == 0 && i < _before ? 0 : skipped;

    /// <summary>A pass that stores nothing.</summary>
    private struct Reading<TPass> : IRowMap
        where TPass : struct, IRowSum
    {
        public TPass Pass;

        public static int Ahead => TPass.Ahead;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => Pass.Load<TWord>(at, column);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Operands<float> Take(int column, Operands<float> x)
        {
            Pass.Take(column, x);
            return default;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store<TWord>(int at, Operands<TWord> results)
            where TWord : struct, IWord<TWord>
        {
        }
    }
}
