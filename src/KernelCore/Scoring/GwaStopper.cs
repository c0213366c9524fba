namespace KernelCore.Scoring;

/// <summary>Which part of the GWA curve holds the epoch to keep.</summary>
public enum GwaRegime
{
    /// <summary>Random initial weights: the first epochs are ignored, then the maximum is taken.</summary>
    FromScratch,

    /// <summary>Pretrained weights, which start aligned, dip and recover: the maximum after the initial minimum is taken.</summary>
    FineTune,
}

/// <summary>Selects the epoch with the largest <see cref="GwaEpoch.Value"/>: a running argmax, not a patience rule.</summary>
/// <remarks>
/// <para>arXiv 2510.25480. From scratch, the epochs that lie wholly within the first 10 % of training are ignored. When
/// fine-tuning, the initial minimum is the last epoch before the curve first rises, and only epochs after it count.
/// The first of equal maxima wins.</para>
/// <para>Skipped as if they had not happened: <see cref="GwaStatus.Undefined"/> epochs, which have no value, and by default
/// <see cref="GwaStatus.NearPole"/> epochs, whose value may be arbitrarily large for no better reason than a small
/// denominator. A sign-flipped value beyond the pole is taken as it is.</para>
/// </remarks>
public sealed class GwaStopper
{
    private readonly bool _acceptNearPole;
    private readonly double _ignoredEpochs;
    private bool _descending;
    private double _previous = double.PositiveInfinity;

    /// <summary>Creates a stopper.</summary>
    /// <param name="regime">Where training starts from.</param>
    /// <param name="plannedEpochs">Planned length of training T; epochs up to warmup x T are ignored from scratch. No effect when fine-tuning.</param>
    /// <param name="warmup">Ignored fraction of training, in [0, 1].</param>
    /// <param name="acceptNearPole">Whether near-pole epochs take part, as in the plain formula.</param>
    public GwaStopper(GwaRegime regime, int plannedEpochs, double warmup = 0.1, bool acceptNearPole = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plannedEpochs);
        if (!(warmup is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(warmup), warmup, "the ignored fraction of training is in [0, 1]");
        }

        Regime = regime;
        _acceptNearPole = acceptNearPole;
        _descending = regime == GwaRegime.FineTune;

        // The slack keeps 0.29 x 100 = 28.999... from sparing epoch 29.
        _ignoredEpochs = regime == GwaRegime.FromScratch ? warmup * plannedEpochs * (1 + 1e-12) : 0;
    }

    /// <summary>Where training starts from.</summary>
    public GwaRegime Regime { get; }

    /// <summary>The epoch to keep so far; null while none counts (in the warm-up, or before the initial minimum has passed).</summary>
    public GwaEpoch? Best { get; private set; }

    /// <summary>Number of the epoch to keep so far.</summary>
    public int? BestEpoch => Best?.Epoch;

    /// <summary>Takes the next epoch into account.</summary>
    /// <param name="epoch">Statistics of the epoch; epochs come in increasing order.</param>
    /// <returns>True when this epoch is the best so far: the moment to keep a checkpoint.</returns>
    public bool Observe(GwaEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        bool skipped = epoch.Status == GwaStatus.Undefined || (epoch.Status == GwaStatus.NearPole && !_acceptNearPole);
        if (skipped || epoch.Epoch <= _ignoredEpochs)
        {
            return false;
        }

        _descending &= epoch.Value <= _previous;
        _previous = epoch.Value;
        if (_descending || epoch.Value <= Best?.Value)
        {
            return false;
        }

        Best = epoch;
        return true;
    }
}
