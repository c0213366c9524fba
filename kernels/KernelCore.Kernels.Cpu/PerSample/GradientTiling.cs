namespace KernelCore.Kernels.Cpu;

/// <summary>A rectangle of a parameter seen as a matrix.</summary>
internal readonly record struct Tile(int Row, int Column, int Rows, int Columns)
{
    public int Count => Rows * Columns;
}

/// <summary>A fixed division of a matrix into tiles that stay in cache. Depends on nothing but the extents.</summary>
internal readonly struct GradientTiling
{
    /// <summary>Elements of a tile at most: 256 KiB, half of a usual second-level cache.</summary>
    public const int CacheElements = 1 << 16;

    private const int MinimumColumns = 64;

    private readonly int _rows, _columns, _tileRows, _tileColumns, _across;

    public GradientTiling(int rows, int columns, int elements = CacheElements)
    {
        _rows = rows;
        _columns = columns;
        _tileColumns = Math.Min(columns, Math.Max(MinimumColumns, elements / Math.Max(1, rows)));
        _tileRows = Math.Min(rows, Math.Max(1, elements / Math.Max(1, _tileColumns)));
        if (rows > 0 && columns > 0)
        {
            _across = Parallelism.Chunks(columns, _tileColumns);
            Count = Parallelism.Chunks(rows, _tileRows) * _across;
        }
    }

    /// <summary>Number of tiles.</summary>
    public int Count { get; }

    /// <summary>Elements of the largest tile.</summary>
    public int MaxElements => _tileRows * _tileColumns;

    /// <summary>Columns of the widest tile.</summary>
    public int MaxColumns => _tileColumns;

    public Tile this[int index]
    {
        get
        {
            (int down, int across) = Math.DivRem(index, _across);
            int row = down * _tileRows, column = across * _tileColumns;
            return new Tile(row, column, Math.Min(_tileRows, _rows - row), Math.Min(_tileColumns, _columns - column));
        }
    }
}
