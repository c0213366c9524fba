namespace KernelCore.Kernels.Ilgpu;

/// <summary>Reductions over the threads of a warp: every thread gets the result, always the same bits.</summary>
internal interface IWarp
{
    static abstract double Sum(double value);

    /// <summary>The largest; NaN if any is NaN.</summary>
    static abstract float Max(float value);

    /// <summary>The smallest.</summary>
    static abstract int Min(int value);
}
