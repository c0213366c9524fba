namespace KernelCore.Scoring;

/// <summary>Stops at the first local minimum of the moving average of prediction changes.</summary>
/// <remarks>
/// <para>LabelWave, arXiv 2502.07551: A_t = mean of PC over the k epochs t-k+1..t. Epoch 1, where PC is 0 by construction,
/// is left out, so the first average is that of epoch k + 1. A minimum needs a fall before it and a rise after it; of a
/// flat one the first epoch is taken.</para>
/// <para>The minimum is known one epoch late at the earliest, so keep a checkpoint whenever <see cref="Observe"/> says so.
/// Exact: sums of integers.</para>
/// </remarks>
public sealed class LabelWaveStopper
{
    /// <summary>Default k = 3, this library's choice; the published code logs raw changes and averages none.</summary>
    public const int DefaultWindow = 3;

    private readonly int[] _window;
    private int _epoch;
    private long _sum;
    private long _previous;

    /// <summary>Creates a stopper.</summary>
    /// <param name="window">Epochs averaged, k; 1 takes the changes as they are.</param>
    public LabelWaveStopper(int window = DefaultWindow)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(window);
        _window = new int[window];
    }

    /// <summary>The epoch at which the average fell last: the minimum once <see cref="Stopped"/>, the candidate before. Null before the first fall.</summary>
    public int? BestEpoch { get; private set; }

    /// <summary>Whether the first local minimum has been passed. It stays so, and <see cref="BestEpoch"/> no longer moves.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Moving average A_t of the last observed epoch; NaN before epoch k + 1.</summary>
    public double Average => _epoch > _window.Length ? (double)_sum / _window.Length : double.NaN;

    /// <summary>Takes the changes of the next epoch into account, epoch 1 first.</summary>
    /// <param name="changes">PC of the epoch, at least 0.</param>
    /// <returns>True when this epoch is the candidate: the moment to keep a checkpoint.</returns>
    public bool Observe(int changes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(changes);
        if (++_epoch == 1)
        {
            return false;
        }

        ref int oldest = ref _window[_epoch % _window.Length];
        _sum += changes - oldest;
        oldest = changes;

        // Until the window is full the sum only grows, so a fall is a fall of the average.
        bool falls = _sum < _previous;
        Stopped |= BestEpoch is not null && _sum > _previous;
        _previous = _sum;
        if (Stopped || !falls)
        {
            return false;
        }

        BestEpoch = _epoch;
        return true;
    }
}
