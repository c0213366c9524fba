using System.Diagnostics;

namespace KernelCore.Kernels.Cpu;

/// <summary>Where one thread sleeps. Waking a thread that is awake costs one exchange and no system call.</summary>
/// <remarks>
/// The sleeper announces itself, checks its condition once more, then blocks or retracts; the waker makes the condition
/// true, then wakes. Both steps are full fences, so a wake-up is never lost.
/// </remarks>
internal sealed class Parking : IDisposable
{
    private static readonly long SpinTicks = Stopwatch.Frequency / 20_000;

    private readonly AutoResetEvent _event = new(false);
    private int _parked;

    /// <summary>Time until which a thread that starts waiting now should spin: 50 microseconds ahead, enough for the serial parts between two loops of a pass.</summary>
    public static long SpinLimit() => Stopwatch.GetTimestamp() + SpinTicks;

    /// <summary>Pauses for tens of nanoseconds; false when the limit has passed and it is time to block.</summary>
    public static bool Spin(long limit)
    {
        Thread.SpinWait(8);
        return Stopwatch.GetTimestamp() < limit;
    }

    /// <summary>Says that this thread is about to block.</summary>
    public void Announce() => Interlocked.Exchange(ref _parked, 1);

    /// <summary>Blocks until woken.</summary>
    public void Block() => _event.WaitOne();

    /// <summary>Takes an announcement back. A waker that was faster has set the event, which is consumed here.</summary>
    public void Retract()
    {
        if (Interlocked.Exchange(ref _parked, 0) == 0)
        {
            _event.WaitOne();
        }
    }

    /// <summary>Wakes the thread if it blocks or is about to.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _parked, 0) != 0)
        {
            _event.Set();
        }
    }

    public void Dispose() => _event.Dispose();
}
