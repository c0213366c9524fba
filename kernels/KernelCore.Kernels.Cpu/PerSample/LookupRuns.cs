using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

/// <summary>The positions of one sample in all lookups of a table, sorted by row: the non-zero rows of its gradient.</summary>
/// <remarks>
/// A key holds the row in its upper and the ordinal of the position (counted through all uses) in its lower half, so
/// equal rows stand together in the order of their positions. Padding is left out.
/// </remarks>
internal readonly unsafe struct LookupRuns
{
    /// <summary>Columns of the table that one task owns when tasks write to it.</summary>
    public const int ColumnsPerTask = 64;

    private readonly ParameterGradient _gradient;
    private readonly long* _keys;
    private readonly int _sample;

    /// <summary>Reads what <see cref="Sort"/> left for a sample.</summary>
    /// <param name="gradient">A table used by lookups only.</param>
    /// <param name="sample">Sample.</param>
    /// <param name="memory">The keys of all samples.</param>
    public LookupRuns(in ParameterGradient gradient, int sample, long* memory)
    {
        _gradient = gradient;
        _sample = sample;
        long* block = memory + ((long)sample * Stride(gradient));
        Count = (int)block[0];
        _keys = block + 1;
    }

    /// <summary>Positions that are not padding.</summary>
    public int Count { get; }

    /// <summary>Elements of the memory of one sample: the number of keys and the keys.</summary>
    public static int Stride(in ParameterGradient gradient)
    {
        int positions = 0;
        for (int u = 0; u < gradient.Uses; u++)
        {
            positions += gradient[u].Positions;
        }

        return positions + 1;
    }

    /// <summary>Writes the sorted keys of a sample.</summary>
    public static void Sort(in ParameterGradient gradient, int sample, long* memory)
    {
        long* block = memory + ((long)sample * Stride(gradient)), keys = block + 1;
        int ordinal = 0, count = 0;
        for (int u = 0; u < gradient.Uses; u++)
        {
            ref readonly CaptureView use = ref gradient[u];
            int* indices = use.IndicesOf(sample);
            for (int t = 0; t < use.Positions; t++, ordinal++)
            {
                if (indices[t] != use.PaddingIndex)
                {
                    keys[count++] = ((long)indices[t] << 32) | (uint)ordinal;
                }
            }
        }

        block[0] = count;
        new Span<long>(keys, count).Sort();
    }

    /// <summary>Table row of the k-th key.</summary>
    public int Row(int k) => (int)(_keys[k] >> 32);

    /// <summary>First key after k with another row.</summary>
    public int RunEnd(int k)
    {
        int row = Row(k), end = k + 1;
        while (end < Count && Row(end) == row)
        {
            end++;
        }

        return end;
    }

    /// <summary>Backprop at the position of the k-th key.</summary>
    public float* Backprop(int k)
    {
        int ordinal = (int)_keys[k], use = 0;
        for (; ordinal >= _gradient[use].Positions; use++)
        {
            ordinal -= _gradient[use].Positions;
        }

        return _gradient[use].BackpropOf(_sample) + ((long)ordinal * _gradient.Columns);
    }

    /// <summary>Some columns of a gradient row: the sum of the backprops of keys [first, end).</summary>
    public void Sum(int first, int end, int column, int width, float* destination)
    {
        var sum = new Span<float>(destination, width);
        new ReadOnlySpan<float>(Backprop(first) + column, width).CopyTo(sum);
        for (int k = first + 1; k < end; k++)
        {
            TensorPrimitives.Add(sum, new ReadOnlySpan<float>(Backprop(k) + column, width), sum);
        }
    }
}
