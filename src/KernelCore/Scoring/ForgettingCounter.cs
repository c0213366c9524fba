namespace KernelCore.Scoring;

/// <summary>What the forgetting score of a sample is that was never classified correctly.</summary>
public enum NeverLearned
{
    /// <summary>The number of its presentations: more than any learned sample can have (Toneva et al., arXiv 1812.05159).</summary>
    Presentations,

    /// <summary>+infinity (Paul et al., arXiv 2107.07075).</summary>
    Infinity,
}

/// <summary>Counts forgetting events: presentations at which a sample is wrong after having been right at the one before.</summary>
/// <remarks>
/// Toneva et al., arXiv 1812.05159. Correctness is that of the training forward pass, before the update, once per epoch.
/// O(N) memory, exact. Not thread safe.
/// </remarks>
public sealed class ForgettingCounter
{
    private readonly int[] _presentations;
    private readonly int[] _events;
    private readonly bool[] _correct;
    private readonly bool[] _learned;

    /// <summary>Creates a counter.</summary>
    /// <param name="samples">Training samples N.</param>
    public ForgettingCounter(int samples)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        _presentations = new int[samples];
        _events = new int[samples];
        _correct = new bool[samples];
        _learned = new bool[samples];
    }

    /// <summary>Takes in the outcomes of a batch.</summary>
    /// <param name="sampleIds">Samples of the batch, each in [0, N).</param>
    /// <param name="correct">Whether each was predicted as its given label.</param>
    public void Observe(ReadOnlySpan<int> sampleIds, ReadOnlySpan<bool> correct)
    {
        Observations.Check(sampleIds, correct.Length, _events.Length, nameof(correct));
        for (int i = 0; i < correct.Length; i++)
        {
            int id = sampleIds[i];
            _presentations[id]++;
            if (_correct[id] && !correct[i])
            {
                _events[id]++;
            }

            _correct[id] = correct[i];
            _learned[id] |= correct[i];
        }
    }

    /// <summary>Forgetting events of each sample so far, by id; NaN for a sample never presented.</summary>
    /// <param name="neverLearned">Score of a sample that was never right.</param>
    public double[] Scores(NeverLearned neverLearned = NeverLearned.Presentations)
    {
        var scores = new double[_events.Length];
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = _presentations[i] == 0 ? double.NaN
                : _learned[i] ? _events[i]
                : neverLearned == NeverLearned.Infinity ? double.PositiveInfinity
                : _presentations[i];
        }

        return scores;
    }
}
