using System.Collections.Concurrent;
using KernelCore.Kernels;

namespace KernelCore.Conformance;

/// <summary>Base of the suites that every backend must pass. A test project per backend derives and says which device.</summary>
/// <remarks>Devices are lent to one test at a time and stay open until the process ends: opening a GPU costs more than most tests.</remarks>
public abstract class ConformanceSuite : IDisposable
{
    private static readonly ConcurrentDictionary<Func<Device>, ConcurrentBag<Device>> Idle = [];
    private Device? _device;

    /// <summary>Lengths of rows around those of vectors, and around the four elements for each thread of a warp of 32 or 64; odd ones start most rows between words.</summary>
    protected static IEnumerable<int> RowLengths => [.. Enumerable.Range(1, 67), 124, 127, 128, 129, 132, 255, 256, 257, 260, 515];

    /// <summary>The device under test, lent on first use.</summary>
    protected Device Device => _device ??= Lender.TryTake(out Device? device) ? device : Open();

    /// <summary>Opens a device to test. Suites with the same delegate share devices.</summary>
    protected abstract Func<Device> Open { get; }

    private ConcurrentBag<Device> Lender => Idle.GetOrAdd(Open, _ => []);

    /// <summary>A tensor of standard normal numbers, the same for the same stream.</summary>
    protected Tensor Normal(ulong stream, params ReadOnlySpan<int> extents)
    {
        Shape shape = Shape.Of(extents);
        return Device.Allocate(shape, TestNumbers.Normal(stream, (int)shape.Count));
    }

    /// <summary>As many rows as tell something: on the emulator dozens of threads meet for every row, and after a few rows each has all kinds behind it.</summary>
    protected int Rows(int rows) => Device.Kind == DeviceKind.Emulator ? Math.Min(rows, 19) : rows;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_device is not null)
        {
            Lender.Add(_device);
            _device = null;
        }

        GC.SuppressFinalize(this);
    }
}
