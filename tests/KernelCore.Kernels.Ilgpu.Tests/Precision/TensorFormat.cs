namespace KernelCore.Kernels.Ilgpu.Tests.Precision;

/// <summary>A precision of products, by its definition: significant bits, and what is done with ties.</summary>
public sealed record TensorFormat(string Name, int Bits, MidpointRounding Ties)
{
    public static TensorFormat Tf32 { get; } = new("tf32", 11, MidpointRounding.AwayFromZero);

    public static TensorFormat Bf16 { get; } = new("bf16", 8, MidpointRounding.ToEven);

    /// <summary>Unit roundoff.</summary>
    public double Unit => Math.ScaleB(1, -Bits);

    /// <summary>Bound of what rounding both factors changes, relative to the sums of absolute products; of as many products as are multiplied.</summary>
    public double Error(int products = 1) => Math.Pow(1 + Unit, 2 * products) - 1;

    /// <summary>Nearest number of the format; subnormal numbers aside.</summary>
    public float Round(float value)
    {
        if (!float.IsFinite(value) || value == 0)
        {
            return value;
        }

        int last = Math.ILogB(value) - Bits + 1;
        return (float)Math.ScaleB(Math.Round(Math.ScaleB((double)value, -last), Ties), last);
    }

    public override string ToString() => Name;
}
