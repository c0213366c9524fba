namespace KernelCore.Kernels.Cpu.Tests;

public sealed unsafe class ScratchTests
{
    [Fact]
    public void SlotsAreAlignedDistinctAndKept()
    {
        using var scratch = new Scratch();
        float* left = scratch.Floats(ScratchSlot.Left, 10);
        double* right = scratch.Doubles(ScratchSlot.Right, 10);
        Assert.Equal(0u, (nuint)left % 64);
        Assert.Equal(0u, (nuint)right % 64);
        Assert.NotEqual((nint)left, (nint)right);
        left[9] = 3;
        Assert.True(left == scratch.Floats(ScratchSlot.Left, 5), "a smaller request must not move the block");
        Assert.Equal(3, left[9]);
    }

    [Fact]
    public void GrowsToWhatIsAskedFor()
    {
        using var scratch = new Scratch();
        for (int count = 0; count < 1 << 20; count = (2 * count) + 1)
        {
            new Span<float>(scratch.Floats(ScratchSlot.Patches, count), count).Fill(1);
        }
    }

    [Fact]
    public void CurrentIsTheWorkersOwnInsideALoop()
    {
        using var device = new CpuDevice(3);
        Scratch outside = Scratch.Current;
        var body = new Body(device, new bool[40]);
        device.Pool.Run(40, ref body);
        Assert.All(body.Same, Assert.True);
        Assert.Same(outside, Scratch.Current);
    }

    private readonly struct Body(CpuDevice device, bool[] same) : IParallelBody
    {
        public bool[] Same { get; } = same;

        public void Run(int task, int worker) => Same[task] = ReferenceEquals(Scratch.Current, device.Scratch(worker));
    }
}
