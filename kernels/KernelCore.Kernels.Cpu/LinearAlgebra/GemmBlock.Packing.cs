using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <content>How A and B get into panels, and where these lie.</content>
internal unsafe partial struct GemmBlock<TLanes>
{
    /// <summary>Packs panels [panel, endPanel) of A.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public readonly void PackA(int panel, int endPanel)
    {
        // Rows of A^T are as far apart as rows of A are long: all panels take some of them before the next are fetched.
        int most = _problem.RowA == 1 ? GemmBlocking.PackTerms : _terms;
        for (int start = 0; start < _terms; start += most)
        {
            int terms = Math.Min(most, _terms - start);
            for (int i = panel; i < endPanel; i++)
            {
                PackPanelA(i, start, terms);
            }
        }
    }

    /// <summary>Packs panels [panel, endPanel) of B, where they stay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public readonly void PackB(int panel, int endPanel)
    {
        int most = _problem.ColumnB == 1 ? GemmBlocking.PackTerms : _terms;
        for (int start = 0; start < _terms; start += most)
        {
            for (int j = panel; j < endPanel; j++)
            {
                PackPanelB(j, start, Math.Min(most, _terms - start), HeldB(j, start));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PackPanelB(int panel, int start, int terms, float* packed)
    {
        int columns = Math.Min(GemmTile<TLanes>.Columns, _problem.N - (panel * GemmTile<TLanes>.Columns));
        GemmPacking.Pack(GemmTile<TLanes>.Columns, columns, terms, SourceB(panel, start), _problem.ColumnB, _problem.DepthB, packed);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PackPanelA(int panel, int start, int terms)
    {
        int row = panel * GemmTile<TLanes>.Rows, rows = Math.Min(GemmTile<TLanes>.Rows, _rows - row);
        float* packed = PanelA(panel) + (start * GemmTile<TLanes>.Rows), source = SourceA(row) + (start * _problem.DepthA);
        nint stride = _problem.DepthA;
        if (_problem.TermFactors == null || rows < GemmTile<TLanes>.Rows || _problem.RowA != 1)
        {
            GemmPacking.Pack(GemmTile<TLanes>.Rows, rows, terms, source, _problem.RowA, stride, packed);
            source = packed;
            stride = GemmTile<TLanes>.Rows;
        }

        if (_problem.TermFactors != null)
        {
            GemmPacking.Scale(GemmTile<TLanes>.Rows, terms, source, stride, _problem.TermFactors, _problem.TermsPerFactor, _term + start, packed);
        }
    }

    private readonly float* SourceA(int row) => _problem.A + ((_row + row) * _problem.RowA) + (_term * _problem.DepthA);

    private readonly float* SourceB(int panel, int start) =>
        _problem.B + ((_term + start) * _problem.DepthB) + (panel * GemmTile<TLanes>.Columns * _problem.ColumnB);

    private readonly float* PanelA(int panel) => _heldA == null
        ? _packedA + (panel * (nint)GemmTile<TLanes>.Rows * _terms)
        : _heldA + ((_row + (panel * GemmTile<TLanes>.Rows)) * (nint)_problem.K) + (_term * GemmTile<TLanes>.Rows);

    private readonly float* HeldB(int panel, int start) => _heldB + (((panel * (nint)_problem.K) + _term + start) * GemmTile<TLanes>.Columns);
}
