namespace KernelCore.Kernels.Ilgpu;

/// <summary>How a device computes matrix products. Everything that is not a product is the same in all modes.</summary>
/// <remarks>
/// Where factors are rounded, an error of at most 2 u + u^2 of every product of two of them adds to what float32 has; u is the
/// unit roundoff of the format. Sums are float32.
/// </remarks>
public enum ProductMode
{
    /// <summary>float32, KernelCore's own kernels.</summary>
    Own,

    /// <summary>
    /// float32; <see cref="ILinearAlgebra.Gemm"/> by own kernels or by cuBLAS, whichever is faster for the transposition when the
    /// device is opened. Which it is, and with it the last bits, may change from one opening to the next.
    /// </summary>
    Measured,

    /// <summary>float32; <see cref="ILinearAlgebra.Gemm"/> by cuBLAS.</summary>
    CuBlas,

    /// <summary>Factors rounded to TensorFloat-32, on tensor cores: u = 2^-11, the range of float32.</summary>
    Tf32,

    /// <summary>Factors rounded to bfloat16, on tensor cores: u = 2^-8, the range of float32.</summary>
    Bf16,
}
