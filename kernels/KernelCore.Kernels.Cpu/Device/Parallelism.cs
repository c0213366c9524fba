namespace KernelCore.Kernels.Cpu;

/// <summary>How work is cut into tasks. All numbers follow from the problem alone, never from the number of threads.</summary>
internal static class Parallelism
{
    /// <summary>Partial results at most when the summed axis itself has to be split.</summary>
    public const int MaxChunks = 32;

    // About as long as it takes to wake a thread.
    private const double TaskFlops = 1 << 18;

    // Streaming an element through memory takes as long as so many operations of a matrix product.
    private const double ElementFlops = 16;

    /// <summary>Operations that some elements of an elementwise loop stand for.</summary>
    public static double Elements(double count) => ElementFlops * count;

    /// <summary>Pieces of at most <paramref name="size"/>.</summary>
    public static int Chunks(long count, int size) => checked((int)((count + size - 1) / size));

    /// <summary>Units per task, so that a task is worth handing out.</summary>
    public static int UnitsPerTask(double flopsPerUnit) => (int)Math.Clamp(TaskFlops / Math.Max(1, flopsPerUnit), 1, 1 << 20);

    /// <summary>Pieces of the batch for a sum over it whose output has few tiles.</summary>
    public static int BatchChunks(int batch, int tiles, double flopsPerSample) =>
        (int)Math.Clamp(Math.Min(MaxChunks / Math.Max(1, tiles), batch * flopsPerSample / TaskFlops), 1, Math.Max(1, batch));

    /// <summary>Start of piece <paramref name="chunk"/> when <paramref name="count"/> is cut into <paramref name="chunks"/> even pieces.</summary>
    public static int ChunkStart(int count, int chunks, int chunk) => (int)((long)count * chunk / chunks);
}
