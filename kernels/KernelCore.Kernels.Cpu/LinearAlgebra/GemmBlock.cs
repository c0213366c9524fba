using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>One block of a product: a range of rows, columns and terms, its operands packed into panels as wide as a tile.</summary>
internal unsafe struct GemmBlock<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    private readonly GemmProblem _problem;
    private readonly float* _packedA, _packedB;
    private readonly bool _readsBInPlace;
    private int _row, _rows, _column, _columns, _term, _depth;

    public GemmBlock(in GemmProblem problem, Scratch scratch)
    {
        _problem = problem;
        _readsBInPlace = problem.ColumnB == 1 && Parallelism.Chunks(problem.M, GemmTile<TLanes>.Rows) <= GemmBlocking.InPlacePanels;
        long depth = Math.Min(problem.K, GemmBlocking.Depth);
        int rowPanels = Parallelism.Chunks(Math.Min(problem.M, GemmBlocking.Rows), GemmTile<TLanes>.Rows);
        int columnPanels = _readsBInPlace ? 1 : Parallelism.Chunks(Math.Min(problem.N, GemmBlocking.Columns), GemmTile<TLanes>.Columns);
        _packedA = scratch.Floats(ScratchSlot.PackedA, depth * rowPanels * GemmTile<TLanes>.Rows);
        _packedB = scratch.Floats(ScratchSlot.PackedB, depth * columnPanels * GemmTile<TLanes>.Columns);
    }

    public readonly int M => _problem.M;

    public readonly int N => _problem.N;

    public readonly int K => _problem.K;

    public readonly int RowPanels => Parallelism.Chunks(_rows, GemmTile<TLanes>.Rows);

    public readonly int ColumnPanels => Parallelism.Chunks(_columns, GemmTile<TLanes>.Columns);

    /// <summary>Panels that <see cref="Pack"/> takes: those of A, then those of B unless an earlier block has left them.</summary>
    public readonly int PanelsToPack => RowPanels + (_row == 0 ? ColumnPanels - FirstPackedColumnPanel : 0);

    // In place means all whole panels; the partial one is still packed, because a tile reads its full width.
    private readonly int FirstPackedColumnPanel => _readsBInPlace ? _columns / GemmTile<TLanes>.Columns : 0;

    private readonly bool IsFirstTerm => _term == 0;

    private readonly bool IsLastTerm => _term + _depth >= _problem.K;

    public void MoveTo(int row, int column, int term)
    {
        (_row, _rows) = (row, Math.Min(GemmBlocking.Rows, _problem.M - row));
        (_column, _columns) = (column, Math.Min(GemmBlocking.Columns, _problem.N - column));
        (_term, _depth) = (term, Math.Min(GemmBlocking.Depth, _problem.K - term));
    }

    /// <summary>Packs panels <paramref name="first"/> up to, not including, <paramref name="end"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Pack(int first, int end)
    {
        for (int panel = first; panel < end; panel++)
        {
            if (panel < RowPanels)
            {
                int row = panel * GemmTile<TLanes>.Rows;
                GemmPacking.Pack(
                    GemmTile<TLanes>.Rows, Math.Min(GemmTile<TLanes>.Rows, _rows - row), _depth,
                    _problem.A + ((_row + row) * _problem.RowA) + (_term * _problem.DepthA), _problem.RowA, _problem.DepthA, PanelA(panel));
            }
            else
            {
                int columnPanel = panel - RowPanels + FirstPackedColumnPanel;
                int column = columnPanel * GemmTile<TLanes>.Columns;
                GemmPacking.Pack(
                    GemmTile<TLanes>.Columns, Math.Min(GemmTile<TLanes>.Columns, _columns - column), _depth,
                    SourceB(column), _problem.ColumnB, _problem.DepthB, PanelB(columnPanel));
            }
        }
    }

    /// <summary>Multiplies packed panels: rows [row, endRow) by columns [column, endColumn), counted in panels.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Multiply(int row, int endRow, int column, int endColumn)
    {
        float* tile = stackalloc float[(GemmTile<TLanes>.Rows * GemmTile<TLanes>.Columns) + 16];
        tile = (float*)(((nuint)tile + 63) & ~(nuint)63);
        int step = GemmBlocking.TaskRows / GemmTile<TLanes>.Rows;
        for (int first = row; first < endRow; first += step)
        {
            int end = Math.Min(first + step, endRow);
            for (int j = column; j < endColumn; j++)
            {
                bool inPlace = j < FirstPackedColumnPanel;
                float* panelB = inPlace ? SourceB(j * GemmTile<TLanes>.Columns) : PanelB(j);
                nint strideB = inPlace ? _problem.DepthB : GemmTile<TLanes>.Columns;
                for (int i = first; i < end; i++)
                {
                    GemmTile<TLanes>.Multiply(_depth, PanelA(i), panelB, strideB, tile);
                    Merge(i * GemmTile<TLanes>.Rows, j * GemmTile<TLanes>.Columns, tile);
                }
            }
        }
    }

    private readonly float* PanelA(int panel) => _packedA + (panel * (nint)GemmTile<TLanes>.Rows * _depth);

    private readonly float* PanelB(int panel) => _packedB + ((panel - FirstPackedColumnPanel) * (nint)GemmTile<TLanes>.Columns * _depth);

    private readonly float* SourceB(int column) => _problem.B + (_term * _problem.DepthB) + ((_column + column) * _problem.ColumnB);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Merge(int row, int column, float* tile)
    {
        float beta = IsFirstTerm ? _problem.Beta : 1;
        float* c = _problem.C + ((_row + row) * _problem.RowC) + ((_column + column) * _problem.ColumnC);
        float* bias = _problem.Bias == null || !IsLastTerm
            ? null : _problem.Bias + ((_row + row) * _problem.RowBias) + ((_column + column) * _problem.ColumnBias);
        int rows = Math.Min(GemmTile<TLanes>.Rows, _rows - row), columns = Math.Min(GemmTile<TLanes>.Columns, _columns - column);
        if (rows == GemmTile<TLanes>.Rows && columns == GemmTile<TLanes>.Columns && _problem.ColumnC == 1)
        {
            GemmTile<TLanes>.Merge(_problem.Alpha, tile, beta, c, _problem.RowC, bias, _problem.RowBias);
        }
        else
        {
            MergePart(rows, columns, tile, beta, c, bias);
        }
    }

    /// <summary>Merges a tile that C has only part of, or in transposed order, through a whole tile: the same arithmetic.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void MergePart(int rows, int columns, float* tile, float beta, float* c, float* bias)
    {
        float* whole = stackalloc float[GemmTile<TLanes>.Rows * GemmTile<TLanes>.Columns];
        nint rowC = _problem.RowC, columnC = _problem.ColumnC;
        if (beta != 0)
        {
            for (int i = 0; i < rows; i++)
            {
                CopyStrided(columns, c + (i * rowC), columnC, whole + (i * GemmTile<TLanes>.Columns), 1);
            }
        }

        GemmTile<TLanes>.Merge(_problem.Alpha, tile, beta, whole, GemmTile<TLanes>.Columns, bias: null, rowBias: 0);
        if (bias != null)
        {
            AddBias(rows, columns, whole, bias);
        }

        for (int i = 0; i < rows; i++)
        {
            CopyStrided(columns, whole + (i * GemmTile<TLanes>.Columns), 1, c + (i * rowC), columnC);
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
