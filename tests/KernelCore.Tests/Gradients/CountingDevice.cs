using KernelCore.Kernels;

namespace KernelCore.Tests.Gradients;

/// <summary>A host device that remembers its largest allocation.</summary>
internal sealed class CountingDevice(Device inner) : Device
{
    public long Largest { get; set; }

    public override string Name => inner.Name;

    public override DeviceKind Kind => inner.Kind;

    public override IKernels Kernels => inner.Kernels;

    public override void Synchronize() => inner.Synchronize();

    public override void Dispose() { }

    protected override DeviceBuffer<float> AllocateFloats(long count) => Count(inner.Allocate([checked((int)count)]).Buffer);

    protected override DeviceBuffer<int> AllocateInts(long count) => Count(inner.AllocateIndices([checked((int)count)]).Buffer);

    private CountedBuffer<T> Count<T>(DeviceBuffer<T> buffer)
        where T : unmanaged
    {
        Largest = Math.Max(Largest, buffer.Length);
        return new CountedBuffer<T>(this, buffer);
    }

    private sealed class CountedBuffer<T>(Device device, DeviceBuffer<T> buffer) : DeviceBuffer<T>
        where T : unmanaged
    {
        public override long Length => buffer.Length;

        public override Device Device => device;

        public override Span<T> Span => buffer.Span;

        public override void CopyFrom(long offset, ReadOnlySpan<T> source) => buffer.CopyFrom(offset, source);

        public override void CopyTo(long offset, Span<T> destination) => buffer.CopyTo(offset, destination);

        public override void Fill(long offset, long count, T value) => buffer.Fill(offset, count, value);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                buffer.Dispose();
            }
        }
    }
}
