namespace KernelCore.Scoring;

/// <summary>Counts the samples whose predicted class differs from that of the epoch before: LabelWave's PC.</summary>
/// <remarks>
/// arXiv 2502.07551; predictions are the ones of the training pass itself (train mode, augmented, before the update).
/// A sample's first prediction is no change, so the first epoch closes with 0 by construction. O(N) memory, exact.
/// </remarks>
public sealed class PredictionChanges
{
    private const int None = -1;
    private readonly int[] _previous;
    private int _changes;

    /// <summary>Creates a counter.</summary>
    /// <param name="samples">Training samples N.</param>
    public PredictionChanges(int samples)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        _previous = new int[samples];
        Array.Fill(_previous, None);
    }

    /// <summary>Takes in the predictions of a batch.</summary>
    /// <param name="sampleIds">Samples of the batch, each in [0, N).</param>
    /// <param name="predictions">Predicted class of each, at least 0.</param>
    public void Observe(ReadOnlySpan<int> sampleIds, ReadOnlySpan<int> predictions)
    {
        Observations.Check(sampleIds, predictions.Length, _previous.Length, nameof(predictions));
        for (int i = 0; i < predictions.Length; i++)
        {
            ref int previous = ref _previous[sampleIds[i]];
            if (previous != None && previous != predictions[i])
            {
                _changes++;
            }

            previous = predictions[i];
        }
    }

    /// <summary>Ends the epoch.</summary>
    /// <returns>Changes within it; the next epoch starts from 0.</returns>
    public int CloseEpoch()
    {
        int changes = _changes;
        _changes = 0;
        return changes;
    }
}
