namespace KernelCore.Kernels.Cpu;

/// <summary>Where a tile of a product goes: c = alpha tile + beta c + bias.</summary>
internal unsafe struct GemmTarget
{
    /// <summary>Element (i, j) is <c>C[i * RowC + j]</c>. Not read where <see cref="Beta"/> is 0.</summary>
    public float* C;
    public nint RowC;

    /// <summary>One per column, or one per row where <see cref="RowBias"/> is not 0; null for none.</summary>
    public float* Bias;
    public nint RowBias;

    public float Alpha, Beta;
}
