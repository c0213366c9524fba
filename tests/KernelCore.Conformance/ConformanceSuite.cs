using KernelCore.Kernels;

namespace KernelCore.Conformance;

/// <summary>Base of the suites that every backend must pass. A test project per backend derives and says which device.</summary>
public abstract class ConformanceSuite : IDisposable
{
    private Device? _device;

    /// <summary>The device under test, opened on first use.</summary>
    protected Device Device => _device ??= OpenDevice();

    /// <summary>Opens the device under test.</summary>
    protected abstract Device OpenDevice();

    /// <summary>A tensor of standard normal numbers, the same for the same stream.</summary>
    protected Tensor Normal(ulong stream, params ReadOnlySpan<int> extents)
    {
        Shape shape = Shape.Of(extents);
        return Device.Allocate(shape, TestNumbers.Normal(stream, (int)shape.Count));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _device?.Dispose();
        GC.SuppressFinalize(this);
    }
}
