namespace KernelCore.Tests.Curvature;

/// <summary>What repeated work leaves on the managed heap.</summary>
internal static class SteadyState
{
    /// <summary>Fails unless an action comes to allocate nothing. The runtime itself may allocate while it compiles, so a few runs are free.</summary>
    public static void AssertNoAllocation(Action action)
    {
        const int warmUp = 2, attempts = 5;
        for (int i = 0; i < warmUp; i++)
        {
            action();
        }

        long least = long.MaxValue;
        for (int i = 0; i < attempts && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
