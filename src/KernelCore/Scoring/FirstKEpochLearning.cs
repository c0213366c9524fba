namespace KernelCore.Scoring;

/// <summary>First k-epoch learning: the earliest epoch at which the given label has been predicted k times running.</summary>
/// <remarks>
/// Late Stopping, Yuan et al., arXiv 2308.13862; predictions in evaluation mode. Mislabelled samples are learned late.
/// An epoch at which a sample is not seen neither extends nor breaks its run. O(N) memory, exact. Not thread safe.
/// </remarks>
public sealed class FirstKEpochLearning
{
    private const int Unseen = -1;
    private readonly int _k;
    private readonly int[] _run;
    private readonly int[] _epoch;

    /// <summary>Creates an accumulator.</summary>
    /// <param name="samples">Training samples N.</param>
    /// <param name="k">Correct predictions in a row that count as learned, at least 1; the paper uses 1, 2, 3 in its rounds.</param>
    public FirstKEpochLearning(int samples, int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        _k = k;
        _epoch = new int[samples];
        _run = new int[samples];
        Array.Fill(_run, Unseen);
    }

    /// <summary>Takes in the outcomes of a batch.</summary>
    /// <param name="epoch">Number of the epoch, from 1, never decreasing.</param>
    /// <param name="sampleIds">Samples of the batch, each in [0, N).</param>
    /// <param name="correct">Whether each was predicted as its given label.</param>
    public void Observe(int epoch, ReadOnlySpan<int> sampleIds, ReadOnlySpan<bool> correct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epoch);
        Observations.Check(sampleIds, correct.Length, _run.Length, nameof(correct));
        for (int i = 0; i < correct.Length; i++)
        {
            int id = sampleIds[i];
            _run[id] = correct[i] ? Math.Max(_run[id], 0) + 1 : 0;
            if (_epoch[id] == 0 && _run[id] == _k)
            {
                _epoch[id] = epoch;
            }
        }
    }

    /// <summary>The epoch that completed the first run of k, by sample id; +infinity when there is none yet, NaN for a sample never seen.</summary>
    public double[] Scores()
    {
        var scores = new double[_run.Length];
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = _run[i] == Unseen ? double.NaN : _epoch[i] == 0 ? double.PositiveInfinity : _epoch[i];
        }

        return scores;
    }
}
