using Xunit;

namespace KernelCore.Conformance;

/// <summary>What repeated work leaves on the managed heap.</summary>
public static class SteadyState
{
    /// <summary>
    /// Fails unless an action comes to allocate nothing. The runtime may allocate while it compiles, and a collection begun by another thread
    /// adds the rest of this thread's allocation quantum: one clean run in a few is enough.
    /// </summary>
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
