using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// A range of rows of a product whose left operand is lists of nonzeros, and a part of its terms. Panels of B, as wide as a row of sums, are packed
/// a block of terms at a time, unless B is held; the sums of a task's rows stay in the second-level cache until the part's terms are complete.
/// </summary>
internal unsafe struct SparseBlock<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    // Offsets are multiples of three powers of two.
    private const int OffsetUnits = 3;

    // Rows of C ahead that are fetched: they come from farther away than the sums.
    private const int RowsAhead = 4;

    private readonly GemmProblem _problem;
    private readonly TermBlocks _blocks;
    private readonly NonzeroLists _lists;
    private readonly float* _scaled, _heldB;
    private readonly bool _mustPackB;
    private readonly int _row, _wholeRows, _tiles;
    private readonly double* _dots, _biasDots;
    private float* _values;
    private int _part;

    public SparseBlock(in GemmProblem problem, in TermBlocks blocks, NonzeroLists lists, int row, Scratch scratch)
    {
        (_problem, _blocks, _lists, _row) = (problem, blocks, lists, row);
        Rows = Math.Min(GemmBlocking.Rows, problem.M - row);
        int rest = Rows % GemmTile<TLanes>.Rows;
        _wholeRows = rest == GemmTile<TLanes>.RowsComputed(rest) ? Rows : Rows - rest;
        _scaled = problem.TermFactors == null ? null : scratch.Floats(ScratchSlot.PackedA, NonzeroLists.Room(Rows) * blocks.TermsOf(0));
        if (problem.HeldB is { } heldB)
        {
            _heldB = heldB.Find(SparseTile<TLanes>.Columns, problem.N, problem.K, problem.B, problem.ColumnB, out _mustPackB);
        }

        // Tiles of a dense product, side by side.
        _tiles = Parallelism.Chunks(problem.N, GemmTile<TLanes>.Columns);
        if (problem.RowDots != null)
        {
            long dots = Rows * (long)_tiles;
            _dots = scratch.Doubles(ScratchSlot.RowDots, (blocks.Parts + 1) * dots);
            _biasDots = problem.BiasDots == null ? null : _dots + (blocks.Parts * dots);
        }
    }

    public int Rows { get; }

    /// <summary>Whether the part's values have to be scaled before they are multiplied.</summary>
    public readonly bool IsScaled => _scaled != null;

    /// <summary>Panels of B.</summary>
    public readonly int Panels => Parallelism.Chunks(_problem.N, SparseTile<TLanes>.Columns);

    /// <summary>Panels of B that have to be packed, where they stay.</summary>
    public readonly int PanelsToPack => _mustPackB && _part == 0 ? Panels : 0;

    public void MoveTo(int part)
    {
        _part = part;
        _values = IsScaled ? _scaled - _lists.RoomOf(part, _row) : _lists.Values;
    }

    /// <summary>Multiplies the values of groups [group, endGroup) of rows by the factors of their terms.</summary>
    public readonly void Scale(int group, int endGroup)
    {
        float* factors = stackalloc float[OffsetUnits * SparseTile<TLanes>.Terms];
        for (int block = _blocks.BlockOf(_part); block < _blocks.BlockOf(_part + 1); block++)
        {
            for (int p = 0; p < _blocks.Terms(block); p++)
            {
                factors[OffsetUnits * p] = _problem.TermFactors[(_blocks.First(block) + p) / _problem.TermsPerFactor];
            }

            for (int i = group; i < endGroup; i++)
            {
                int row = i * NonzeroLists.GroupRows, last = Math.Min(row + NonzeroLists.GroupRows, Rows) - 1;
                int start = _lists.Bounds(block, _row + row)[0], end = _lists.Bounds(block, _row + last)[1];
                Scale(end - start, _lists.Values + start, _lists.Offsets + start, factors, _values + start);
            }
        }
    }

    /// <summary>Multiplies values by the factors of their terms.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Scale(nint count, float* values, ushort* offsets, float* factors, float* scaled)
    {
        for (nint i = 0; i < count; i++)
        {
            // The divisor is a power of two.
            scaled[i] = factors[offsets[i] / (uint)(SparseTile<TLanes>.Columns / OffsetUnits)] * values[i];
        }
    }

    /// <summary>Packs a panel of B, where it stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public readonly void Pack(int panel) => Pack(panel, 0, _problem.K, HeldB(panel, 0));

    /// <summary>Multiplies rows [row, endRow) by a panel of B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public readonly void Multiply(int row, int endRow, int panel, Scratch scratch)
    {
        int rows = endRow - row, column = panel * SparseTile<TLanes>.Columns, columns = Math.Min(SparseTile<TLanes>.Columns, _problem.N - column);
        float* packed = scratch.Floats(ScratchSlot.PackedB, SparseTile<TLanes>.Columns * ((long)SparseTile<TLanes>.Terms + rows));
        float* sums = packed + (SparseTile<TLanes>.Columns * SparseTile<TLanes>.Terms);
        for (int block = _blocks.BlockOf(_part); block < _blocks.BlockOf(_part + 1); block++)
        {
            int terms = _blocks.Terms(block);
            float* b = packed;
            if (_heldB != null)
            {
                b = HeldB(panel, _blocks.First(block));
            }
            else
            {
                Pack(panel, _blocks.First(block), terms, b);
            }

            int* bounds = _lists.Bounds(block, _row + row);
            if (IsFinite(terms, b))
            {
                SparseTile<TLanes>.Multiply(rows, columns, bounds, _lists.Offsets, _values, b, sums, _blocks.Opens(block));
            }
            else
            {
                MultiplyAll(rows, columns, terms, bounds, b, sums, _blocks.Opens(block));
            }
        }

        for (int i = 0; i < rows; i++)
        {
            Prefetch(row + Math.Min(i + RowsAhead, rows - 1), column, columns);
            End(row + i, column, columns, sums + (i * SparseTile<TLanes>.Columns));
        }
    }

    private readonly float* HeldB(int panel, int term) => _heldB + (((panel * (nint)_problem.K) + term) * SparseTile<TLanes>.Columns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Pack(int panel, int term, int terms, float* packed)
    {
        int column = panel * SparseTile<TLanes>.Columns;
        float* source = _problem.B + (term * _problem.DepthB) + (column * _problem.ColumnB);
        GemmPacking.Pack(
            SparseTile<TLanes>.Columns, Math.Min(SparseTile<TLanes>.Columns, _problem.N - column), terms, source, _problem.ColumnB, _problem.DepthB, packed);
    }

    /// <summary>Whether a panel of B has neither an infinity nor a NaN: zero times its elements is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static bool IsFinite(int terms, float* b)
    {
        TLanes zero = default, s0 = default, s1 = default, s2 = default, s3 = default;
        for (int i = SparseTile<TLanes>.Columns / (4 * TLanes.Count) * terms; i > 0; i--)
        {
            s0.AddProduct(zero, b);
            s1.AddProduct(zero, b + TLanes.Count);
            s2.AddProduct(zero, b + (2 * TLanes.Count));
            s3.AddProduct(zero, b + (3 * TLanes.Count));
            b += 4 * TLanes.Count;
        }

        return (s0 + s1 + s2 + s3).Sum() == 0;
    }

    /// <summary>Adds up the dots of the block's rows, where they are wanted.</summary>
    public readonly void SumDots()
    {
        SumDots(_dots, _blocks.Parts, _problem.RowDots);
        SumDots(_biasDots, 1, _problem.BiasDots);
    }

    /// <summary>Multiplies with zeros, too: what is not finite in B makes something of them.</summary>
    private readonly void MultiplyAll(int rows, int columns, int terms, int* bounds, float* b, float* sums, bool opens)
    {
        float* values = stackalloc float[SparseTile<TLanes>.Terms];
        ushort* offsets = stackalloc ushort[SparseTile<TLanes>.Terms];
        int* all = stackalloc int[] { 0, terms };
        for (int p = 0; p < terms; p++)
        {
            offsets[p] = (ushort)(p * SparseTile<TLanes>.Columns);
        }

        for (int row = 0; row < rows; row++)
        {
            new Span<float>(values, terms).Clear();
            for (int i = bounds[2 * row]; i < bounds[(2 * row) + 1]; i++)
            {
                values[_lists.Offsets[i] / SparseTile<TLanes>.Columns] = _values[i];
            }

            SparseTile<TLanes>.Multiply(1, columns, all, offsets, values, b, sums + (row * SparseTile<TLanes>.Columns), opens);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Prefetch(int row, int column, int columns)
    {
        if (Sse.IsSupported)
        {
            const int line = 16; // floats
            float* c = _problem.C + ((_row + row) * _problem.RowC) + column;
            for (int j = 0; j < columns; j += line)
            {
                Sse.Prefetch0(c + j);
            }
        }
    }

    /// <summary>c = alpha sums + beta c + bias for a row of the panel, or its dots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void End(int row, int column, int columns, float* sums)
    {
        float* c = _problem.C + ((_row + row) * _problem.RowC) + column;
        if (_dots != null)
        {
            Dot(row, column, columns, sums, c);
            return;
        }

        float beta = _part == 0 ? _problem.Beta : 1;
        float* bias = _problem.Bias == null || _part + 1 < _blocks.Parts ? null : _problem.Bias + column;
        int j = 0;
        for (; j + TLanes.Count <= columns; j += TLanes.Count)
        {
            Store<TLanes>(sums, c, _problem.Alpha, beta, bias, j);
        }

        for (; j < columns; j++)
        {
            Store<Lane>(sums, c, _problem.Alpha, beta, bias, j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(float* sums, float* c, float alpha, float beta, float* bias, int column)
        where T : struct, ILanes<T>
    {
        T sum = T.Load(sums + column), factor = T.Broadcast(alpha);
        T result = beta == 0 ? factor * sum : T.MultiplyAdd(factor, sum, T.Broadcast(beta) * T.Load(c + column));
        (bias == null ? result : result + T.Load(bias + column)).Store(c + column);
    }

    /// <summary>Dots of a row with that of C, and of this with the bias, as the tiles of a dense product form them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Dot(int row, int column, int columns, float* sums, float* c)
    {
        int tile = column / GemmTile<TLanes>.Columns;
        double* dots = _dots + (((row * (nint)_blocks.Parts) + _part) * _tiles) + tile;
        double* biasDots = _biasDots + (row * (nint)_tiles) + tile;
        bool hasBias = _biasDots != null && _part == 0;
        float* bias = hasBias ? _problem.Bias + column : c; // anything that can be read
        for (int j = 0; j < columns; j += GemmTile<TLanes>.Columns)
        {
            Vector128<double> both;
            if (row < _wholeRows && j + GemmTile<TLanes>.Columns <= columns)
            {
                both = TLanes.Sums(Products(sums + j, c + j), Products(bias + j, c + j)) * Vector128.Create(_problem.Alpha, 1.0);
            }
            else
            {
                int count = Math.Min(GemmTile<TLanes>.Columns, columns - j);
                TensorPrimitives.Multiply(new ReadOnlySpan<float>(sums + j, count), _problem.Alpha, new Span<float>(sums + j, count));
                both = Vector128.Create(Reductions.Dot(sums + j, c + j, count), Reductions.Dot(c + j, bias + j, count));
            }

            *dots++ = both[0];
            if (hasBias)
            {
                *biasDots++ = both[1];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Products(float* row, float* c) => GemmTile<TLanes>.Products(TLanes.Load(row), TLanes.Load(row + TLanes.Count), c);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void SumDots(double* dots, int parts, double* destination)
    {
        int tiles = _tiles;
        for (int row = 0; dots != null && row < Rows; row++)
        {
            double sum = 0;
            for (int tile = 0; tile < tiles; tile += GemmBlocking.TaskColumns)
            {
                double group = 0;
                int end = Math.Min(tile + GemmBlocking.TaskColumns, tiles);
                for (int part = 0; part < parts; part++)
                {
                    for (int t = tile; t < end; t++)
                    {
                        group += dots[(part * tiles) + t];
                    }
                }

                sum += group;
            }

            destination[_row + row] = sum;
            dots += parts * (nint)tiles;
        }
    }
}
