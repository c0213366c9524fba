using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class ConvolutionOnOneThread : ConvolutionConformance
{
    protected override Func<Kernels.Device> Open => () => new CpuDevice(1);
}

public sealed class ConvolutionOnThreeThreads : ConvolutionConformance
{
    protected override Func<Kernels.Device> Open => () => new CpuDevice(3);
}

public sealed class ConvolutionDeterminismTests
{
    private static readonly ConvolutionGeometry Geometry = new(24, 12, 2, 30, 31, 3, 3, 1, 2, 1, 1, 1, 1, 30, 16);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void SameBitsForEveryThreadCount(int batch)
    {
        (float[] y, float[] gx) = Run(1, batch);
        foreach (int threads in (int[])[2, 3, 7])
        {
            (float[] otherY, float[] otherGx) = Run(threads, batch);
            Assert.Equal(y, otherY);
            Assert.Equal(gx, otherGx);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AllocatesNothingInSteadyState(int threads)
    {
        using var device = new CpuDevice(threads);
        using Tensor x = device.Allocate([3, Geometry.InputSize]), y = device.Allocate([3, Geometry.OutputSize]);
        using Tensor weight = device.Allocate([Geometry.OutChannels, Geometry.PatchSize]), bias = device.Allocate([Geometry.OutChannels]);
        SteadyState.AssertNoAllocation(() =>
        {
            device.Kernels.Layers.Convolution(Geometry, 3, x, weight, bias, y);
            device.Kernels.Layers.ConvolutionInputGradient(Geometry, 3, y, weight, x);
        });
    }

    private static (float[] Y, float[] Gx) Run(int threads, int batch)
    {
        using var device = new CpuDevice(threads);
        using Tensor x = device.Allocate([batch * Geometry.InputSize], TestNumbers.Normal(1, batch * Geometry.InputSize));
        int weights = Geometry.OutChannels * Geometry.PatchSize;
        using Tensor weight = device.Allocate([weights], TestNumbers.Normal(2, weights));
        using Tensor y = device.Allocate([batch * Geometry.OutputSize]), gx = device.Allocate([batch * Geometry.InputSize]);
        device.Kernels.Layers.Convolution(Geometry, batch, x, weight, null, y);
        device.Kernels.Layers.ConvolutionInputGradient(Geometry, batch, y, weight, gx);
        return (y.ToArray(), gx.ToArray());
    }
}
