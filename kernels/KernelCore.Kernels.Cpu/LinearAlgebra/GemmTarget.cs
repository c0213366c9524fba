using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>Where a tile of a product goes: c = alpha tile + beta c + bias, or the dots of its rows with those of c.</summary>
internal unsafe struct GemmTarget
{
    /// <summary>Element (i, j) is <c>C[i * RowC + j]</c>. Not read where <see cref="Beta"/> is 0.</summary>
    public float* C;
    public nint RowC;

    /// <summary>One per column, or one per row where <see cref="RowBias"/> is not 0; null for none.</summary>
    public float* Bias;
    public nint RowBias;

    public float Alpha, Beta;

    /// <summary>Null, or dots[i] = (alpha tile)_i . c_i + beta dots[i], where beta is 0 or 1; c stays as it is then.</summary>
    public double* Dots;

    /// <summary>Null, or dots[i] = c_i . bias + beta dots[i], with the same beta.</summary>
    public double* BiasDots;

    /// <summary>Moves on to the tile below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MoveDown(int rows)
    {
        C += rows * RowC;
        Bias += Bias == null ? 0 : rows * RowBias;
        Dots += Dots == null ? 0 : rows;
        BiasDots += BiasDots == null ? 0 : rows;
    }
}
