namespace KernelCore.Influence;

/// <summary>Complete rows of an influence matrix [test x train]: some test samples against all training samples.</summary>
/// <remarks>
/// Positive means proponent: training on the sample lowers the loss of the test sample. The memory belongs to whoever
/// made the tile: it is valid until the next one is asked for or reading ends.
/// </remarks>
/// <param name="TestStart">First test sample.</param>
/// <param name="TrainCount">Training samples: the length of a row.</param>
/// <param name="Values">Whole rows, row-major.</param>
public readonly record struct InfluenceTile(int TestStart, int TrainCount, ReadOnlyMemory<float> Values)
{
    /// <summary>Test samples in the tile.</summary>
    public int TestCount => TrainCount == 0 ? 0 : Values.Length / TrainCount;

    /// <summary>Influence of every training sample on one test sample of the tile.</summary>
    /// <param name="row">Counted from <see cref="TestStart"/>.</param>
    public ReadOnlySpan<float> Row(int row) => Values.Span.Slice(row * TrainCount, TrainCount);
}
