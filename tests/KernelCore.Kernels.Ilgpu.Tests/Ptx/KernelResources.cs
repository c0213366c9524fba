namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>What a kernel takes of a multiprocessor.</summary>
/// <param name="Registers">Of one thread, 4 bytes each.</param>
/// <param name="SharedBytes">Of one group.</param>
/// <param name="SpilledBytes">Stores and loads of registers that had no room.</param>
internal readonly record struct KernelResources(int Registers, int SharedBytes, int SpilledBytes);

/// <summary>What a multiprocessor has to give: compute capability 8.0 and 9.0 differ in shared memory alone.</summary>
/// <param name="Architecture">As ptxas names it.</param>
/// <param name="SharedBytes">Shared memory of all groups together.</param>
/// <remarks>CUDA C++ Programming Guide, "Compute Capabilities"; allocation units from NVIDIA's occupancy calculator.</remarks>
internal readonly record struct Multiprocessor(string Architecture, int SharedBytes)
{
    private const int WarpSize = 32, Warps = 64, Groups = 32, Registers = 65536;

    /// <summary>A warp gets registers in units of 256, and one of the four schedulers.</summary>
    private const int RegisterUnit = 256, Schedulers = 4;

    /// <summary>Shared memory comes in units of 128 bytes; the system takes 1 KB of every group.</summary>
    private const int SharedUnit = 128, SystemBytes = 1024;

    public static Multiprocessor A100 { get; } = new("sm_80", 164 << 10);

    public static Multiprocessor H100 { get; } = new("sm_90", 228 << 10);

    /// <summary>Warps that are there at a time, as a part of those that could be.</summary>
    public double Occupancy(KernelResources kernel, int groupSize)
    {
        int groupWarps = (groupSize + WarpSize - 1) / WarpSize;
        int registerWarps = Registers / RoundUp(kernel.Registers * WarpSize, RegisterUnit) / Schedulers * Schedulers;
        int shared = RoundUp(kernel.SharedBytes + SystemBytes, SharedUnit);
        int groups = new[] { Groups, Warps / groupWarps, registerWarps / groupWarps, SharedBytes / shared }.Min();
        return (double)groups * groupWarps / Warps;
    }

    private static int RoundUp(int value, int unit) => (value + unit - 1) / unit * unit;
}
