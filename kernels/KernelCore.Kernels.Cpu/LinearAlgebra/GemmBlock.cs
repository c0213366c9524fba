using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// A range of rows and terms of a product. Its rows of A are packed into panels as wide as a tile, once for all threads.
/// Panels of B are packed by the thread that multiplies with them, a few at a time, and are still in its caches then. Of a matrix
/// that is held, panels of the whole depth stay from one product to the next.
/// </summary>
internal unsafe partial struct GemmBlock<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    private readonly GemmProblem _problem;
    private readonly float* _heldA, _heldB;
    private readonly double* _dots, _biasDots;
    private readonly bool _readsAInPlace, _mustPackA, _mustPackB;
    private readonly int _depth;
    private readonly long _packedRows;
    private float* _packedA;
    private int _row, _rows, _term, _terms;

    public GemmBlock(in GemmProblem problem, Scratch scratch)
    {
        _problem = problem;
        _depth = GemmBlocking.DepthOf(problem.K, GemmTile<TLanes>.Columns);
        _readsAInPlace = ColumnPanels <= GemmBlocking.InPlaceColumns && problem.TermFactors == null;
        _packedRows = Parallelism.Chunks(Math.Min(problem.M, GemmBlocking.Rows), GemmTile<TLanes>.Rows) * GemmTile<TLanes>.Rows;
        _mustPackA = true;
        if (problem.HeldA is { } heldA && !_readsAInPlace && problem.TermFactors == null)
        {
            _heldA = heldA.Find(GemmTile<TLanes>.Rows, problem.M, problem.K, problem.A, problem.RowA, out bool mustPack);
            _mustPackA = _heldA == null || mustPack;
        }

        Terms = IsHeldA ? problem.K : (int)Math.Min(problem.K, Math.Max(1, GemmBlocking.PackedFloats / (_packedRows * Math.Max(1, _depth))) * _depth);
        if (problem.HeldB is { } heldB && problem.M > GemmBlocking.InPlaceRows * GemmTile<TLanes>.Rows)
        {
            _heldB = heldB.Find(GemmTile<TLanes>.Columns, problem.N, problem.K, problem.B, problem.ColumnB, out _mustPackB);
        }

        if (problem.RowDots != null)
        {
            _dots = scratch.Doubles(ScratchSlot.RowDots, 2 * Groups * _packedRows);
            _biasDots = problem.BiasDots == null ? null : _dots + (Groups * _packedRows);
        }
    }

    /// <summary>Most terms of a block: as many as there is room for to pack, and all where panels of A stay.</summary>
    public readonly int Terms { get; }

    /// <summary>Whether panels of A stay, so that they take no room of the scratch.</summary>
    public readonly bool IsHeldA => _heldA != null;

    public readonly int M => _problem.M;

    public readonly int K => _problem.K;

    /// <summary>Tiles of the block, one below the other.</summary>
    public readonly int RowPanels => Parallelism.Chunks(_rows, GemmTile<TLanes>.Rows);

    /// <summary>Tiles of the block, side by side.</summary>
    public readonly int ColumnPanels => Parallelism.Chunks(_problem.N, GemmTile<TLanes>.Columns);

    private readonly int Groups => Parallelism.Chunks(ColumnPanels, GemmBlocking.TaskColumns);

    /// <summary>Takes the room for panels of A that do not stay. Another product that needs it may run before that.</summary>
    public void Reserve(Scratch scratch) => _packedA = IsHeldA ? null : scratch.Floats(ScratchSlot.PackedA, Terms * _packedRows);

    public void MoveTo(int row, int term)
    {
        (_row, _rows) = (row, Math.Min(GemmBlocking.Rows, _problem.M - row));
        (_term, _terms) = (term, Math.Min(Terms, _problem.K - term));
        int rest = _rows % GemmTile<TLanes>.Rows;
        FirstPackedPanel = !_readsAInPlace ? 0 : rest > 0 && rest < GemmTile<TLanes>.RowsComputed(rest) ? RowPanels - 1 : RowPanels;
    }

    /// <summary>The first of the panels of A that are read packed: a tile reads all its rows, so in place means all whole panels.</summary>
    public int FirstPackedPanel { readonly get; private set; }

    /// <summary>Panels of A that have to be packed, from <see cref="FirstPackedPanel"/> on.</summary>
    public readonly int PanelsToPackA => _mustPackA ? RowPanels - FirstPackedPanel : 0;

    /// <summary>Panels of B that have to be packed for all rows together.</summary>
    public readonly int PanelsToPackB => _mustPackB && _row == 0 ? ColumnPanels : 0;

    /// <summary>Multiplies rows [row, endRow) by columns [column, endColumn), counted in panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public readonly void Multiply(int row, int endRow, int column, int endColumn, Scratch scratch)
    {
        nint floats = GemmBlocking.GroupColumns * (nint)GemmTile<TLanes>.Columns * _depth;
        float* packedB = scratch.Floats(ScratchSlot.PackedB, floats + (GemmTile<TLanes>.Rows * GemmTile<TLanes>.Columns));
        int start = 0;
        do
        {
            for (int first = column; first < endColumn; first += GemmBlocking.GroupColumns)
            {
                MultiplyGroup(row, endRow, first, Math.Min(first + GemmBlocking.GroupColumns, endColumn), start, packedB, packedB + floats);
            }

            start += _depth;
        }
        while (start < _terms);
    }

    /// <summary>Adds up the dots of the block's rows, where they are wanted.</summary>
    public readonly void SumDots()
    {
        SumGroups(_dots, _problem.RowDots);
        SumGroups(_biasDots, _problem.BiasDots);
    }

    private readonly void SumGroups(double* dots, double* destination)
    {
        for (int group = 0; dots != null && group < Groups; group++)
        {
            var part = new ReadOnlySpan<double>(dots + DotsOffset(0, group), _rows);
            var sum = new Span<double>(destination + _row, _rows);
            if (group == 0)
            {
                part.CopyTo(sum);
            }
            else
            {
                TensorPrimitives.Add(sum, part, sum);
            }
        }
    }

    /// <summary>Adds the terms from <paramref name="start"/> on, as many as go at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void MultiplyGroup(int row, int endRow, int column, int endColumn, int start, float* packedB, float* tile)
    {
        int depth = Math.Min(_depth, _terms - start);
        bool inPlace = _problem.ColumnB == 1 && endRow - row <= GemmBlocking.InPlaceRows;
        bool activates = _problem.Activated != null && _term + start + depth == _problem.K;
        for (int top = row; top < endRow; top += GemmBlocking.GroupRows)
        {
            int bottom = Math.Min(top + GemmBlocking.GroupRows, endRow);
            for (int j = column; j < endColumn; j++)
            {
                int columns = Math.Min(GemmTile<TLanes>.Columns, _problem.N - (j * GemmTile<TLanes>.Columns));
                float* b = SourceB(j, start);
                nint strideB = _problem.DepthB;
                if (_heldB != null)
                {
                    b = HeldB(j, start);
                    strideB = GemmTile<TLanes>.Columns;
                }
                else if (!inPlace || columns < GemmTile<TLanes>.Columns)
                {
                    // A tile reads its full width: the last panel, if partial, is always packed.
                    b = packedB + ((j - column) * (nint)GemmTile<TLanes>.Columns * _depth);
                    strideB = GemmTile<TLanes>.Columns;
                    if (top == row)
                    {
                        PackPanelB(j, start, depth, b);
                    }
                }

                MultiplyTiles(top, bottom, j, columns, start, depth, b, strideB, tile);
            }

            if (activates)
            {
                Activate(top, bottom, column, endColumn);
            }
        }
    }

    /// <summary>Applies the activation to tiles that are finished and still in cache.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Activate(int row, int endRow, int column, int endColumn)
    {
        int firstRow = row * GemmTile<TLanes>.Rows, firstColumn = column * GemmTile<TLanes>.Columns;
        int rows = Math.Min(endRow * GemmTile<TLanes>.Rows, _rows) - firstRow, columns = Math.Min(endColumn * GemmTile<TLanes>.Columns, _problem.N) - firstColumn;
        ActivationDispatch.Run(_problem.Kind, new GemmActivation(_problem, _row + firstRow, rows, firstColumn, columns));
    }

    /// <summary>Where the dots of a tile begin: one for each row of the block, group after group.</summary>
    private readonly nint DotsOffset(int rowPanel, int group) => ((group * (nint)RowPanels) + rowPanel) * GemmTile<TLanes>.Rows;

    private readonly double* DotsOf(double* dots, int rowPanel, int columnPanel) =>
        dots == null ? null : dots + DotsOffset(rowPanel, columnPanel / GemmBlocking.TaskColumns);

    /// <summary>Adds some terms to tiles of C, from <paramref name="top"/> down to <paramref name="bottom"/>. What is the same for all is worked out once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void MultiplyTiles(int top, int bottom, int columnPanel, int columns, int start, int depth, float* b, nint strideB, float* whole)
    {
        int row = top * GemmTile<TLanes>.Rows, column = columnPanel * GemmTile<TLanes>.Columns;
        bool isFirst = _term + start == 0, isLast = _term + start + depth == _problem.K;
        bool isWhole = columns == GemmTile<TLanes>.Columns && _problem.ColumnC == 1;
        var target = new GemmTarget
        {
            C = _problem.C + ((_row + row) * _problem.RowC) + (column * _problem.ColumnC),
            RowC = _problem.RowC,
            Bias = _problem.Bias != null && (_dots == null ? isLast : isFirst)
                ? _problem.Bias + ((_row + row) * _problem.RowBias) + (column * _problem.ColumnBias) : null,
            RowBias = _problem.RowBias,
            Alpha = _problem.Alpha,
            Beta = isFirst && (_dots == null || columnPanel % GemmBlocking.TaskColumns == 0) ? _problem.Beta : 1,
            Dots = DotsOf(_dots, top, columnPanel),
            BiasDots = isFirst ? DotsOf(_biasDots, top, columnPanel) : null,
        };
        for (int i = top; i < bottom; i++)
        {
            int rows = Math.Min(GemmTile<TLanes>.Rows, _rows - (i * GemmTile<TLanes>.Rows));
            bool inPlace = i < FirstPackedPanel;
            nint rowA = inPlace ? _problem.RowA : 1, depthA = inPlace ? _problem.DepthA : GemmTile<TLanes>.Rows;
            float* a = (inPlace ? SourceA(i * GemmTile<TLanes>.Rows) : PanelA(i)) + (start * depthA);
            if (isWhole && rows == GemmTile<TLanes>.RowsComputed(rows))
            {
                GemmTile<TLanes>.Multiply(rows, depth, a, rowA, depthA, b, strideB, target);
            }
            else
            {
                MultiplyPart(rows, columns, depth, a, rowA, depthA, b, strideB, target, whole);
            }

            target.MoveDown(GemmTile<TLanes>.Rows);
        }
    }

    /// <summary>Computes a tile that C has only part of, or in transposed order, through a whole tile: the same arithmetic.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void MultiplyPart(
        int rows, int columns, int depth, float* a, nint rowA, nint depthA, float* b, nint strideB, in GemmTarget target, float* whole)
    {
        nint rowC = _problem.RowC, columnC = _problem.ColumnC;
        if (target.Dots != null)
        {
            DotPart(rows, columns, depth, a, rowA, depthA, b, strideB, target, whole);
            return;
        }

        if (target.Beta != 0)
        {
            for (int i = 0; i < rows; i++)
            {
                CopyStrided(columns, target.C + (i * rowC), columnC, whole + (i * GemmTile<TLanes>.Columns), 1);
            }
        }

        GemmTile<TLanes>.Multiply(
            rows, depth, a, rowA, depthA, b, strideB, target with { C = whole, RowC = GemmTile<TLanes>.Columns, Bias = null });
        if (target.Bias != null)
        {
            AddBias(rows, columns, whole, target.Bias);
        }

        for (int i = 0; i < rows; i++)
        {
            CopyStrided(columns, whole + (i * GemmTile<TLanes>.Columns), 1, target.C + (i * rowC), columnC);
        }
    }

    /// <summary>Dots of the rows and columns that there are.</summary>
    private readonly void DotPart(
        int rows, int columns, int depth, float* a, nint rowA, nint depthA, float* b, nint strideB, in GemmTarget target, float* whole)
    {
        GemmTile<TLanes>.Multiply(
            rows, depth, a, rowA, depthA, b, strideB, target with { C = whole, RowC = GemmTile<TLanes>.Columns, Beta = 0, Bias = null, Dots = null });
        for (int i = 0; i < rows; i++)
        {
            float* c = target.C + (i * _problem.RowC);
            double dot = Reductions.Dot(whole + (i * GemmTile<TLanes>.Columns), c, columns);
            target.Dots[i] = target.Beta == 0 ? dot : target.Dots[i] + dot;
            if (target.BiasDots != null)
            {
                double biasDot = Reductions.Dot(c, target.Bias, columns);
                target.BiasDots[i] = target.Beta == 0 ? biasDot : target.BiasDots[i] + biasDot;
            }
        }
    }

    private readonly void AddBias(int rows, int columns, float* whole, float* bias)
    {
        nint rowBias = _problem.RowBias, columnBias = _problem.ColumnBias;
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                whole[(i * GemmTile<TLanes>.Columns) + j] += bias[(i * rowBias) + (j * columnBias)];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyStrided(int count, float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        if (sourceStride == 1 && destinationStride == 1)
        {
            GemmPacking.CopyRun(count, source, destination);
            return;
        }

        for (int j = 0; j < count; j++)
        {
            *destination = *source;
            source += sourceStride;
            destination += destinationStride;
        }
    }
}
