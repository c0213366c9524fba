namespace KernelCore.Kernels.Ilgpu;

/// <summary>The threads that share a row, and their reductions: every thread gets the result, always the same bits.</summary>
internal interface IWarp
{
    /// <summary>Number of the calling thread, from 0.</summary>
    static abstract int Lane { get; }

    /// <summary>Number of threads.</summary>
    static abstract int Width { get; }

    static abstract double Sum(double value);

    /// <summary>The largest; NaN if any is NaN.</summary>
    static abstract float Max(float value);

    /// <summary>The smallest.</summary>
    static abstract int Min(int value);
}
