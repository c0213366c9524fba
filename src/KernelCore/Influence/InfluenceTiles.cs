using System.Collections;

namespace KernelCore.Influence;

/// <summary>An influence matrix [test x train] that is computed as it is read, tile after tile, from the first test sample to the last.</summary>
/// <remarks>
/// Reading it twice computes it twice. Only one tile is in memory at a time, so a matrix of any size can be written
/// (<see cref="InfluenceFile"/>) or searched (<see cref="TopInfluences"/>).
/// </remarks>
public sealed class InfluenceTiles : IEnumerable<InfluenceTile>
{
    /// <summary>Elements of a tile at most, unless one row is longer: 64 MiB.</summary>
    internal const int TileElements = 1 << 24;

    private readonly IEnumerable<InfluenceTile> _tiles;

    /// <summary>Describes a matrix.</summary>
    /// <param name="testCount">Rows.</param>
    /// <param name="trainCount">Columns.</param>
    /// <param name="tiles">The rows in order.</param>
    public InfluenceTiles(int testCount, int trainCount, IEnumerable<InfluenceTile> tiles)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        (TestCount, TrainCount, _tiles) = (testCount, trainCount, tiles);
    }

    /// <summary>Rows: test samples.</summary>
    public int TestCount { get; }

    /// <summary>Columns: training samples.</summary>
    public int TrainCount { get; }

    /// <summary>The same matrix, shown to an observer as it passes by.</summary>
    /// <param name="observe">Receives every tile before the reader does.</param>
    public InfluenceTiles Tap(Action<InfluenceTile> observe)
    {
        ArgumentNullException.ThrowIfNull(observe);
        return new InfluenceTiles(TestCount, TrainCount, _tiles.Select(tile =>
        {
            observe(tile);
            return tile;
        }));
    }

    /// <summary>Computes the whole matrix into memory: tests x trains floats.</summary>
    public InfluenceMatrix ToMatrix()
    {
        var matrix = new InfluenceMatrix(TestCount, TrainCount);
        foreach (InfluenceTile tile in _tiles)
        {
            tile.Values.Span.CopyTo(matrix.Values.AsSpan(tile.TestStart * TrainCount));
        }

        return matrix;
    }

    /// <inheritdoc/>
    public IEnumerator<InfluenceTile> GetEnumerator() => _tiles.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Rows of a tile of this width.</summary>
    internal static int RowsFor(int trainCount) => Math.Max(1, TileElements / Math.Max(1, trainCount));
}
