namespace KernelCore.Scoring;

/// <summary>How far the GWA of an epoch can be trusted.</summary>
public enum GwaStatus
{
    /// <summary>The denominator is away from its pole.</summary>
    Ok,

    /// <summary>|K_ex + beta| is below the pole width: the value is dominated by the rounding and sampling of K_ex.</summary>
    NearPole,

    /// <summary>There is no value: no scores, constant scores, or a NaN among them.</summary>
    Undefined,
}

/// <summary>Gradient-weight alignment of one epoch: GWA = mean(gamma) / (K_ex(gamma) + beta), higher is better.</summary>
/// <remarks>
/// arXiv 2510.25480. Nothing is clamped. K_ex reaches down to -2, so the denominator has a pole at K_ex = -beta and is
/// negative below it: strongly two-peaked scores with a positive mean then have a <em>negative</em> GWA
/// (<see cref="IsSignFlipped"/>). Models are compared by the largest <see cref="Mean"/>, not by <see cref="Value"/>.
/// </remarks>
/// <param name="Epoch">Number of the epoch, from 1.</param>
/// <param name="Count">Scores pooled.</param>
/// <param name="Mean">Mean of gamma.</param>
/// <param name="Variance">Population variance m2 of gamma.</param>
/// <param name="ExcessKurtosis">Biased excess kurtosis K_ex = m4 / m2^2 - 3.</param>
/// <param name="Value">GWA; NaN when undefined, infinite on the pole itself.</param>
/// <param name="Status">Whether to trust <paramref name="Value"/>.</param>
public sealed record GwaEpoch(
    int Epoch, long Count, double Mean, double Variance, double ExcessKurtosis, double Value, GwaStatus Status)
{
    /// <summary>beta = 1.2: the uniform distribution has K_ex = -1.2.</summary>
    public const double Beta = 1.2;

    /// <summary>Whether K_ex is below -beta, which turns the sign of <see cref="Value"/> against that of <see cref="Mean"/>.</summary>
    public bool IsSignFlipped => ExcessKurtosis < -Beta;

    /// <summary>Evaluates the statistic on the moments of an epoch's scores.</summary>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    /// <param name="scores">Moments of gamma.</param>
    /// <param name="poleWidth">tau: <see cref="GwaStatus.NearPole"/> when |K_ex + beta| is below it.</param>
    public static GwaEpoch Of(int epoch, in Moments scores, double poleWidth = GwaAccumulator.DefaultPoleWidth)
    {
        double kurtosis = scores.ExcessKurtosis;
        double denominator = kurtosis + Beta;
        GwaStatus status = double.IsNaN(denominator) ? GwaStatus.Undefined
            : Math.Abs(denominator) < poleWidth ? GwaStatus.NearPole
            : GwaStatus.Ok;
        return new GwaEpoch(epoch, scores.Count, scores.Mean, scores.Variance, kurtosis, scores.Mean / denominator, status);
    }
}
