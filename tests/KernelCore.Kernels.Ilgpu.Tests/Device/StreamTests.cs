using KernelCore.Conformance;

namespace KernelCore.Kernels.Ilgpu.Tests;

/// <summary>Loops over words of four, where elements do not come in fours.</summary>
public sealed class StreamTests : IDisposable
{
    private const int Room = 64;

    private readonly Device _device = new IlgpuBackend().Open("ilgpu:emulator");

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 4)]
    [InlineData(4, 8)]
    [InlineData(1, 1)]
    [InlineData(0, 3)]
    [InlineData(2, 0)]
    public void Every_element_is_reached_once_and_no_other(int offsetX, int offsetY)
    {
        float[] x = TestNumbers.Normal(1, Room), y = TestNumbers.Normal(2, Room);
        using Tensor from = _device.Allocate([Room], x), to = _device.Allocate([Room]);
        foreach (int count in new[] { 0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 37 })
        {
            to.CopyFrom(y);
            using Tensor viewX = from.View(offsetX, [count]), viewY = to.View(offsetY, [count]);
            _device.Kernels.Parameters.Axpy(0.5f, viewX, viewY);

            float[] expected = [.. y];
            for (int i = 0; i < count; i++)
            {
                expected[offsetY + i] += 0.5f * x[offsetX + i];
            }

            Assert.Equal(expected, to.ToArray());
        }
    }

    [Fact]
    public void Words_of_four_and_single_elements_have_the_same_bits()
    {
        float[] numbers = TestNumbers.Normal(3, Room);
        using Tensor x = _device.Allocate([Room + 1]), y = _device.Allocate([Room]), shifted = _device.Allocate([Room]);
        using Tensor aligned = x.View(0, [Room]), odd = x.View(1, [Room]);
        foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
        {
            aligned.CopyFrom(numbers);
            _device.Kernels.Layers.Activation(kind, 0.01f, aligned, y);
            odd.CopyFrom(numbers);
            _device.Kernels.Layers.Activation(kind, 0.01f, odd, shifted);
            Assert.Equal(y.ToArray(), shifted.ToArray());
        }
    }
}
