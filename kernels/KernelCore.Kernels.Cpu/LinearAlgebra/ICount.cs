namespace KernelCore.Kernels.Cpu;

/// <summary>A number of rows or registers that is a constant to the JIT: a kernel over it is compiled once for each.</summary>
internal interface ICount
{
    static abstract int Value { get; }
}

internal readonly struct Four : ICount
{
    public static int Value => 4;
}

internal readonly struct Six : ICount
{
    public static int Value => 6;
}

internal readonly struct Eight : ICount
{
    public static int Value => 8;
}

internal readonly struct Twelve : ICount
{
    public static int Value => 12;
}
