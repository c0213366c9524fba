using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// A matrix by its nonzeros: a list for every row of every block of terms, in increasing term. All lists are behind each other in two arrays, the
/// values and the offsets, which say where the row of B that a value multiplies begins within its block.
/// </summary>
internal sealed unsafe class NonzeroLists : IDisposable
{
    // With about 0.7, lists cost what tiles cost that multiply with all elements.
    private const double MostNonzero = 0.6;

    // Rows of a task; those of a transposed matrix share cache lines.
    private const int TaskRows = 16;

    private readonly CpuDevice _device;
    private readonly int _rows, _width;
    private readonly long _elements;
    private readonly TermBlocks _blocks;
    private readonly IndexTensor _starts;
    private Tensor? _values, _offsets;

    /// <param name="device">Where the lists live.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="blocks">Its columns.</param>
    /// <param name="width">Floats between rows of B in a block: the unit of the offsets.</param>
    public NonzeroLists(CpuDevice device, int rows, in TermBlocks blocks, int width)
    {
        (_device, _rows, _blocks, _width) = (device, rows, blocks, width);
        _elements = (long)rows * blocks.K;
        _starts = device.AllocateIndices([(blocks.Count * rows) + 1]);
    }

    /// <summary>Whether so many elements are zero that lists pay; there are none otherwise.</summary>
    public bool IsSparse { get; private set; }

    /// <summary>Elements of all lists together.</summary>
    public int Count => Starts(_blocks.Count, 0)[0];

    public float* Values => HostMemory.Of(_values);

    public ushort* Offsets => (ushort*)HostMemory.Of(_offsets);

    private int Capacity => (int)(MostNonzero * _elements);

    /// <summary>Where lists begin among the values: that of a row in a block, those of the rows after it, and where the last one ends.</summary>
    public int* Starts(int block, int row) => HostMemory.Of(_starts) + (block * (nint)_rows) + row;

    /// <summary>Makes the lists of a matrix with element (i, p) at <c>source[i * row + p * term]</c>.</summary>
    public void Fill(float* source, nint row, nint term, WorkerPool? pool)
    {
        IsSparse = false;
        if (MostNonzero * _elements > int.MaxValue || IsProbablyDense(source, row, term))
        {
            return;
        }

        int tasks = Parallelism.Chunks(_rows, TaskRows);
        var counting = new Counting(this, source, row, term);
        WorkerPool.Run(pool, tasks, ref counting);
        long total = 0;
        int* starts = Starts(0, 0);
        starts[0] = 0;
        for (int i = 1; i <= _blocks.Count * _rows; i++)
        {
            total += starts[i];
            starts[i] = (int)Math.Min(total, int.MaxValue);
        }

        if (total > Capacity)
        {
            return;
        }

        _values ??= _device.Allocate([Math.Max(1, Capacity)]);
        _offsets ??= _device.Allocate([(Capacity + 1) / 2]);
        var filling = new Filling(this, source, row, term);
        WorkerPool.Run(pool, tasks, ref filling);
        IsSparse = true;
    }

    public void Dispose()
    {
        _starts.Dispose();
        _values?.Dispose();
        _offsets?.Dispose();
    }

    // A few hundred elements from everywhere tell what is far from sparse, before all are read.
    private bool IsProbablyDense(float* source, nint row, nint term)
    {
        const int samples = 256;
        const double tolerance = 0.15; // five standard deviations
        int nonzero = 0;
        for (uint s = 0; s < samples; s++)
        {
            long element = (long)(_elements * (s * 0x9E3779B1 / 4294967296.0)); // the golden ratio's multiples, modulo one
            nonzero += source[(element / _blocks.K * row) + (element % _blocks.K * term)] == 0 ? 0 : 1;
        }

        return nonzero > samples * (MostNonzero + tolerance);
    }

    /// <summary>Writes the length of each list behind where it will begin.</summary>
    private readonly struct Counting(NonzeroLists lists, float* source, nint row, nint term) : IParallelBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int task, int worker)
        {
            int first = task * TaskRows, rows = Math.Min(TaskRows, lists._rows - first);
            for (int block = 0; block < lists._blocks.Count; block++)
            {
                int* counts = lists.Starts(block, first) + 1;
                new Span<int>(counts, rows).Clear();
                float* elements = source + (first * row) + (lists._blocks.First(block) * term);
                int terms = lists._blocks.Terms(block);
                for (int p = 0; p < terms; p++)
                {
                    for (int i = 0; i < rows; i++)
                    {
                        counts[i] += elements[(i * row) + (p * term)] == 0 ? 0 : 1;
                    }
                }
            }
        }
    }

    private readonly struct Filling(NonzeroLists lists, float* source, nint row, nint term) : IParallelBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int task, int worker)
        {
            int first = task * TaskRows, end = Math.Min(first + TaskRows, lists._rows);
            float* values = stackalloc float[lists._blocks.Most];
            ushort* offsets = stackalloc ushort[lists._blocks.Most];
            for (int block = 0; block < lists._blocks.Count; block++)
            {
                int terms = lists._blocks.Terms(block);
                for (int i = first; i < end; i++)
                {
                    // Zeros are overwritten by what follows: cheaper than a branch that nothing foretells.
                    float* elements = source + (i * row) + (lists._blocks.First(block) * term);
                    int count = 0;
                    for (int p = 0; p < terms; p++)
                    {
                        values[count] = elements[p * term];
                        offsets[count] = (ushort)(p * lists._width);
                        count += elements[p * term] == 0 ? 0 : 1;
                    }

                    int start = *lists.Starts(block, i);
                    new ReadOnlySpan<float>(values, count).CopyTo(new Span<float>(lists.Values + start, count));
                    new ReadOnlySpan<ushort>(offsets, count).CopyTo(new Span<ushort>(lists.Offsets + start, count));
                }
            }
        }
    }
}
