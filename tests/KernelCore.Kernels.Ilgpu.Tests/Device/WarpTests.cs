using KernelCore.Conformance;

namespace KernelCore.Kernels.Ilgpu.Tests;

/// <summary>The shuffles that GPUs reduce rows by; the emulator itself takes another way.</summary>
public class WarpTests
{
    private const int Rows = 3, Width = 101;

    [Theory]
    [InlineData("ilgpu:emulator", 32)]
    [InlineData("ilgpu:emulator:64", 64)]
    public void Shuffles_reduce_as_shared_memory_does(string selector, int warp)
    {
        using var device = (IlgpuDevice)new IlgpuBackend().Open(selector);
        float[] scores = TestNumbers.Normal(1, Rows * Width);
        using Tensor shuffled = device.Allocate([Rows, Width], scores), shared = device.Allocate([Rows, Width], scores);
        device.Launch(new RowLoop<Softmax, ShuffledWarp> { Body = Rowwise(shuffled), Count = Rows }, 2, warp);
        device.Launch(new RowLoop<Softmax, SharedWarp<WarpBarrier>> { Body = Rowwise(shared), Count = Rows }, 2, warp);
        float[] expected = shared.ToArray();
        AssertNumbers.Within(Array.ConvertAll(expected, v => (double)v), shuffled.ToArray(), i => TestNumbers.Gamma(2) * expected[i], "softmax");
    }

    private static Softmax Rowwise(Tensor scores) => new() { Scores = DeviceMemory.Of(scores), Rows = new RowLayout(Width, aligned: true) };
}
