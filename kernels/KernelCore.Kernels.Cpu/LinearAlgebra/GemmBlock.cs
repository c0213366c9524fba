using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>One block of a product: a range of rows, columns and terms, its operands packed into panels as wide as a tile.</summary>
internal unsafe struct GemmBlock<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    private readonly GemmProblem _problem;
    private readonly float* _packedA, _packedB;
    private readonly bool _readsBInPlace;
    private readonly int _depth;
    private int _row, _rows, _column, _columns, _term, _terms;

    public GemmBlock(in GemmProblem problem, Scratch scratch)
    {
        _problem = problem;
        _readsBInPlace = problem.ColumnB == 1 && Parallelism.Chunks(problem.M, GemmTile<TLanes>.Rows) <= GemmBlocking.InPlacePanels;
        _depth = GemmBlocking.DepthOf(problem.K);
        long rows = Parallelism.Chunks(Math.Min(problem.M, GemmBlocking.Rows), GemmTile<TLanes>.Rows) * GemmTile<TLanes>.Rows;
        long columns = (_readsBInPlace ? 1 : Parallelism.Chunks(Math.Min(problem.N, GemmBlocking.Columns), GemmTile<TLanes>.Columns)) * GemmTile<TLanes>.Columns;
        Terms = (int)Math.Min(problem.K, Math.Max(1, GemmBlocking.PackedFloats / ((rows + columns) * Math.Max(1, _depth))) * _depth);
        _packedA = scratch.Floats(ScratchSlot.PackedA, Terms * rows);
        _packedB = scratch.Floats(ScratchSlot.PackedB, Terms * columns);
    }

    /// <summary>Most terms of a block.</summary>
    public readonly int Terms { get; }

    public readonly int M => _problem.M;

    public readonly int N => _problem.N;

    public readonly int K => _problem.K;

    public readonly int RowPanels => Parallelism.Chunks(_rows, GemmTile<TLanes>.Rows);

    public readonly int ColumnPanels => Parallelism.Chunks(_columns, GemmTile<TLanes>.Columns);

    /// <summary>Panels of A and B that have to be packed.</summary>
    public readonly int PanelsToPack => RowPanels + ColumnPanelsToPack;

    private readonly int ColumnPanelsToPack => _row == 0 ? ColumnPanels - FirstPackedColumnPanel : 0;

    // In place means all whole panels; the partial one is still packed, because a tile reads its full width.
    private readonly int FirstPackedColumnPanel => _readsBInPlace ? _columns / GemmTile<TLanes>.Columns : 0;

    public void MoveTo(int row, int column, int term)
    {
        (_row, _rows) = (row, Math.Min(GemmBlocking.Rows, _problem.M - row));
        (_column, _columns) = (column, Math.Min(GemmBlocking.Columns, _problem.N - column));
        (_term, _terms) = (term, Math.Min(Terms, _problem.K - term));
    }

    /// <summary>Packs one of several parts: some panels of A and, unless an earlier block has left them, some of B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public readonly void Pack(int part, int parts)
    {
        int end = Parallelism.ChunkStart(RowPanels, parts, part + 1);
        for (int panel = Parallelism.ChunkStart(RowPanels, parts, part); panel < end; panel++)
        {
            int row = panel * GemmTile<TLanes>.Rows;
            GemmPacking.Pack(
                GemmTile<TLanes>.Rows, Math.Min(GemmTile<TLanes>.Rows, _rows - row), _terms,
                _problem.A + ((_row + row) * _problem.RowA) + (_term * _problem.DepthA), _problem.RowA, _problem.DepthA, PanelA(panel));
        }

        end = FirstPackedColumnPanel + Parallelism.ChunkStart(ColumnPanelsToPack, parts, part + 1);
        for (int panel = FirstPackedColumnPanel + Parallelism.ChunkStart(ColumnPanelsToPack, parts, part); panel < end; panel++)
        {
            int column = panel * GemmTile<TLanes>.Columns;
            GemmPacking.Pack(
                GemmTile<TLanes>.Columns, Math.Min(GemmTile<TLanes>.Columns, _columns - column), _terms,
                SourceB(column), _problem.ColumnB, _problem.DepthB, PanelB(panel));
        }
    }

    /// <summary>Multiplies packed panels: rows [row, endRow) by columns [column, endColumn), counted in panels.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public readonly void Multiply(int row, int endRow, int column, int endColumn)
    {
        float* tile = stackalloc float[(GemmTile<TLanes>.Rows * GemmTile<TLanes>.Columns) + 16];
        tile = (float*)(((nuint)tile + 63) & ~(nuint)63);
        int step = GemmBlocking.TaskRows / GemmTile<TLanes>.Rows, start = 0;
        do
        {
            for (int first = row; first < endRow; first += step)
            {
                int end = Math.Min(first + step, endRow);
                for (int j = column; j < endColumn; j++)
                {
                    for (int i = first; i < end; i++)
                    {
                        MultiplyTile(i, j, start, tile);
                    }
                }
            }

            start += _depth;
        }
        while (start < _terms);
    }

    private readonly float* PanelA(int panel) => _packedA + (panel * (nint)GemmTile<TLanes>.Rows * _terms);

    private readonly float* PanelB(int panel) => _packedB + ((panel - FirstPackedColumnPanel) * (nint)GemmTile<TLanes>.Columns * _terms);

    private readonly float* SourceB(int column) => _problem.B + (_term * _problem.DepthB) + ((_column + column) * _problem.ColumnB);

    /// <summary>Adds the terms from <paramref name="start"/> on, as many as go at a time, to one tile of C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void MultiplyTile(int rowPanel, int columnPanel, int start, float* whole)
    {
        int row = rowPanel * GemmTile<TLanes>.Rows, column = columnPanel * GemmTile<TLanes>.Columns, depth = Math.Min(_depth, _terms - start);
        bool isFirst = _term + start == 0, isLast = _term + start + depth == _problem.K, inPlace = columnPanel < FirstPackedColumnPanel;
        float* panelA = PanelA(rowPanel) + (start * GemmTile<TLanes>.Rows);
        nint strideB = inPlace ? _problem.DepthB : GemmTile<TLanes>.Columns;
        float* panelB = (inPlace ? SourceB(column) : PanelB(columnPanel)) + (start * strideB);
        var target = new GemmTarget
        {
            C = _problem.C + ((_row + row) * _problem.RowC) + ((_column + column) * _problem.ColumnC),
            RowC = _problem.RowC,
            Bias = _problem.Bias != null && isLast
                ? _problem.Bias + ((_row + row) * _problem.RowBias) + ((_column + column) * _problem.ColumnBias) : null,
            RowBias = _problem.RowBias,
            Alpha = _problem.Alpha,
            Beta = isFirst ? _problem.Beta : 1,
        };
        int rows = Math.Min(GemmTile<TLanes>.Rows, _rows - row), columns = Math.Min(GemmTile<TLanes>.Columns, _columns - column);
        if (rows == GemmTile<TLanes>.RowsComputed(rows) && columns == GemmTile<TLanes>.Columns && _problem.ColumnC == 1)
        {
            GemmTile<TLanes>.Multiply(rows, depth, panelA, panelB, strideB, target);
        }
        else
        {
            MultiplyPart(rows, columns, depth, panelA, panelB, strideB, target, whole);
        }
    }

    /// <summary>Computes a tile that C has only part of, or in transposed order, through a whole tile: the same arithmetic.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void MultiplyPart(
        int rows, int columns, int depth, float* panelA, float* panelB, nint strideB, in GemmTarget target, float* whole)
    {
        nint rowC = _problem.RowC, columnC = _problem.ColumnC;
        if (target.Beta != 0)
        {
            for (int i = 0; i < rows; i++)
            {
                CopyStrided(columns, target.C + (i * rowC), columnC, whole + (i * GemmTile<TLanes>.Columns), 1);
            }
        }

        GemmTile<TLanes>.Multiply(
            rows, depth, panelA, panelB, strideB, target with { C = whole, RowC = GemmTile<TLanes>.Columns, Bias = null });
        if (target.Bias != null)
        {
            AddBias(rows, columns, whole, target.Bias);
        }

        for (int i = 0; i < rows; i++)
        {
            CopyStrided(columns, whole + (i * GemmTile<TLanes>.Columns), 1, target.C + (i * rowC), columnC);
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
