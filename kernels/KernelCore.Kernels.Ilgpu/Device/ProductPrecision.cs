namespace KernelCore.Kernels.Ilgpu;

/// <summary>What a device rounds the factors of matrix products to. Sums, and everything that is not a product, are in float32 or double.</summary>
/// <remarks>An error of at most 2 u of each product of two factors adds to those of float32; u is the format's unit roundoff.</remarks>
public enum ProductPrecision
{
    /// <summary>float32, not rounded.</summary>
    Single,

    /// <summary>TensorFloat-32 on tensor cores: u = 2^-11, the range of float32.</summary>
    Tf32,

    /// <summary>bfloat16 on tensor cores: u = 2^-8, the range of float32.</summary>
    Bf16,
}
