using System.Diagnostics;

namespace KernelCore.Benchmarks;

/// <summary>Times a call by repeating it for a while.</summary>
internal static class TimedBlock
{
    /// <summary>Seconds of one call, from as many as it takes to fill <paramref name="block"/> seconds.</summary>
    public static double Run(Action call, double block)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int calls = 1; ; calls++)
        {
            call();
            double elapsed = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            if (elapsed >= block)
            {
                return elapsed / calls;
            }
        }
    }

    /// <summary>
    /// .NET compiles a method anew, in the background, when it was called 30 times and no other new code has come for 100 ms: first to watch it, then for good.
    /// That is over before anything counts.
    /// </summary>
    public static void WarmUp(IReadOnlyList<Action> calls, double block)
    {
        const int steps = 3;
        for (int step = 0; step < steps; step++)
        {
            foreach (Action call in calls)
            {
                Run(call, 4 * block);
            }

            Thread.Sleep(TimeSpan.FromMilliseconds(500));
        }
    }
}
