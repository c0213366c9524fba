namespace KernelCore.Influence;

/// <summary>Influence of every training sample on every test sample, in memory. Positive means proponent.</summary>
public sealed class InfluenceMatrix
{
    /// <summary>Creates a zero matrix.</summary>
    /// <param name="testCount">Rows.</param>
    /// <param name="trainCount">Columns.</param>
    public InfluenceMatrix(int testCount, int trainCount)
        : this(testCount, trainCount, new float[checked(testCount * trainCount)])
    {
    }

    /// <summary>Takes over existing values.</summary>
    /// <param name="testCount">Rows.</param>
    /// <param name="trainCount">Columns.</param>
    /// <param name="values">Row-major; not copied.</param>
    /// <exception cref="ArgumentException">Not testCount x trainCount values.</exception>
    public InfluenceMatrix(int testCount, int trainCount, float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != (long)testCount * trainCount)
        {
            throw new ArgumentException($"a matrix [{testCount} x {trainCount}] takes {(long)testCount * trainCount} values, got {values.Length}", nameof(values));
        }

        (TestCount, TrainCount, Values) = (testCount, trainCount, values);
    }

    /// <summary>Rows: test samples.</summary>
    public int TestCount { get; }

    /// <summary>Columns: training samples.</summary>
    public int TrainCount { get; }

    /// <summary>All values, row-major.</summary>
    public float[] Values { get; }

    /// <summary>Influence of a training sample on a test sample.</summary>
    public float this[int test, int train] => Row(test)[train];

    /// <summary>Influence of every training sample on one test sample.</summary>
    public ReadOnlySpan<float> Row(int test) => Values.AsSpan(test * TrainCount, TrainCount);

    /// <summary>The matrix as tiles, for a file or a search.</summary>
    public InfluenceTiles ToTiles() => new(TestCount, TrainCount, [new InfluenceTile(0, TrainCount, Values)]);
}
