namespace KernelCore.Scoring;

/// <summary>Pools the alignment scores gamma of an epoch, batch by batch, and closes it into a <see cref="GwaEpoch"/>.</summary>
/// <remarks>
/// Each sample is scored once per epoch at the weights of its own step (arXiv 2510.25480): against a separate pass at fixed
/// weights the bias is first order in the learning rate. Moments in double, scores added in the order given.
/// Not thread safe.
/// </remarks>
public sealed class GwaAccumulator
{
    /// <summary>
    /// Default tau = 0.05. Within it GWA is more than beta / tau = 24 times what a normal distribution of the same mean gives,
    /// and a change of K_ex by tau, of the order of its sampling error sqrt(24 / n) at n = 10,000, turns the sign.
    /// </summary>
    public const double DefaultPoleWidth = 0.05;

    private readonly double _poleWidth;
    private readonly float[] _latest;
    private Moments _moments;
    private int _closed;

    /// <summary>Creates an accumulator at the start of epoch 1.</summary>
    /// <param name="samples">Training samples whose latest score is kept by id; 0 to keep none.</param>
    /// <param name="poleWidth">tau of <see cref="GwaStatus.NearPole"/>; 0 never reports it.</param>
    public GwaAccumulator(int samples = 0, double poleWidth = DefaultPoleWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        ArgumentOutOfRangeException.ThrowIfNegative(poleWidth);
        _poleWidth = poleWidth;
        _latest = new float[samples];
        Array.Fill(_latest, float.NaN);
    }

    /// <summary>Latest score of each sample, by id; NaN for a sample not scored yet. A view that later calls change.</summary>
    public ReadOnlySpan<float> LatestScores => _latest;

    /// <summary>Moments of the epoch in progress.</summary>
    public Moments Current => _moments;

    /// <summary>Adds the scores of a batch.</summary>
    public void Add(ReadOnlySpan<float> gamma) => _moments.AddRange(gamma);

    /// <summary>Adds the scores of a batch and keeps them by sample.</summary>
    /// <param name="sampleIds">Samples of the batch, each in [0, samples).</param>
    /// <param name="gamma">Their scores.</param>
    public void Add(ReadOnlySpan<int> sampleIds, ReadOnlySpan<float> gamma)
    {
        Observations.Check(sampleIds, gamma.Length, _latest.Length, nameof(gamma));
        for (int i = 0; i < gamma.Length; i++)
        {
            _latest[sampleIds[i]] = gamma[i];
        }

        _moments.AddRange(gamma);
    }

    /// <summary>Ends the epoch: evaluates its scores and starts the next with none.</summary>
    public GwaEpoch CloseEpoch()
    {
        GwaEpoch epoch = GwaEpoch.Of(++_closed, _moments, _poleWidth);
        _moments = default;
        return epoch;
    }
}
