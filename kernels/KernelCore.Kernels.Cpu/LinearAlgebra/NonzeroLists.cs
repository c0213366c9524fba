using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// A matrix by its nonzeros: a list for every row of every block of terms, in increasing term. All lists share two arrays, the values and the
/// offsets, which say where the row of B that a value multiplies begins within its block.
/// </summary>
/// <remarks>Parts of the terms come one after another, in each all rows. A group of rows has as much room as its elements would need: no list waits for the length of another.</remarks>
internal sealed unsafe class NonzeroLists : IDisposable
{
    /// <summary>Rows of a group: their lists of a block lie one after another. One task makes them; those of a transposed matrix share cache lines.</summary>
    public const int GroupRows = 16;

    // With about 0.7, lists cost what tiles cost that multiply with all elements.
    private const double MostNonzero = 0.6;

    private readonly CpuDevice _device;
    private readonly int _rows, _width;
    private readonly TermBlocks _blocks;
    private IndexTensor? _bounds;
    private Tensor? _values, _offsets;
    private long _count;

    /// <param name="device">Where the lists live.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="blocks">Its columns.</param>
    /// <param name="width">Floats between rows of B in a block: the unit of the offsets.</param>
    public NonzeroLists(CpuDevice device, int rows, in TermBlocks blocks, int width) =>
        (_device, _rows, _blocks, _width) = (device, rows, blocks, width);

    /// <summary>Whether so many elements are zero that lists pay; there are none otherwise.</summary>
    public bool IsSparse { get; private set; }

    public float* Values => HostMemory.Of(_values);

    public ushort* Offsets => (ushort*)HostMemory.Of(_offsets);

    private long Capacity => Room(_rows) * _blocks.K;

    /// <summary>Where lists begin and end among the values: that of a row in a block, then those of the rows after it.</summary>
    public int* Bounds(int block, int row) => HostMemory.Of(_bounds) + (2 * ((block * (nint)_rows) + row));

    /// <summary>Where the values of a part have room, from the first row of a group on.</summary>
    public nint RoomOf(int part, int row) => (nint)((Room(_rows) * _blocks.FirstOf(part)) + ((long)row * _blocks.TermsOf(part)));

    /// <summary>Rows that some rows have room for.</summary>
    public static long Room(int rows) => Parallelism.Chunks(rows, GroupRows) * (long)GroupRows;

    /// <summary>Makes the lists of a matrix with element (i, p) at <c>source[i * row + p * term]</c>; one of the two strides is 1.</summary>
    public void Fill(float* source, nint row, nint term, WorkerPool? pool)
    {
        IsSparse = false;
        if (Capacity > int.MaxValue || IsProbablyDense(source, row, term))
        {
            return;
        }

        _bounds ??= _device.AllocateIndices([2, _blocks.Count, _rows]);
        _values ??= _device.Allocate([(int)Capacity]);
        _offsets ??= _device.Allocate([(int)((Capacity + 1) / 2)]);
        _count = 0;
        var filling = new Filling(this, source, row, term);
        WorkerPool.Run(pool, Parallelism.Chunks(_rows, GroupRows), ref filling);
        IsSparse = _count <= MostNonzero * _rows * _blocks.K;
    }

    public void Dispose()
    {
        _bounds?.Dispose();
        _values?.Dispose();
        _offsets?.Dispose();
    }

    // A few hundred elements from everywhere tell what is far from sparse, before all are read.
    private bool IsProbablyDense(float* source, nint row, nint term)
    {
        const int samples = 256;
        const double tolerance = 0.15; // five standard deviations
        double elements = (double)_rows * _blocks.K;
        int nonzero = 0;
        for (uint s = 0; s < samples; s++)
        {
            long element = (long)(elements * (s * 0x9E3779B1 / 4294967296.0)); // the golden ratio's multiples, modulo one
            nonzero += source[(element / _blocks.K * row) + (element % _blocks.K * term)] == 0 ? 0 : 1;
        }

        return nonzero > samples * (MostNonzero + tolerance);
    }

    private readonly struct Filling(NonzeroLists lists, float* source, nint row, nint term) : IParallelBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int task, int worker)
        {
            TermBlocks blocks = lists._blocks;
            int first = task * GroupRows, rows = Math.Min(GroupRows, lists._rows - first), count = 0;
            nint next = 0;
            float* values = lists.Values, turned = stackalloc float[GroupRows * blocks.Most];
            ushort* offsets = lists.Offsets;
            for (int block = 0; block < blocks.Count; block++)
            {
                int terms = blocks.Terms(block);
                next = blocks.Opens(block) ? lists.RoomOf(blocks.Part(block), first) : next;
                float* elements = source + (first * row) + (blocks.First(block) * term);
                if (term != 1)
                {
                    GemmPacking.Pack(blocks.Most, terms, rows, elements, term, 1, turned);
                }

                int* bounds = lists.Bounds(block, first);
                for (int i = 0; i < rows; i++)
                {
                    int length = Append(terms, term == 1 ? elements + (i * row) : turned + (i * blocks.Most), lists._width, values + next, offsets + next);
                    *bounds++ = (int)next;
                    next += length;
                    *bounds++ = (int)next;
                    count += length;
                }
            }

            Interlocked.Add(ref lists._count, count);
        }

        /// <summary>Writes a list. A zero is overwritten by what follows: that is cheaper than a branch that nothing foretells.</summary>
        /// <returns>Its length.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int Append(int terms, float* elements, int width, float* values, ushort* offsets)
        {
            int count = 0;
            for (int p = 0; p < terms; p++)
            {
                float value = elements[p];
                values[count] = value;
                offsets[count] = (ushort)(p * width);
                count += value == 0 ? 0 : 1;
            }

            return count;
        }
    }
}
