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
}
