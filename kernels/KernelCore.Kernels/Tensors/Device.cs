namespace KernelCore.Kernels;

/// <summary>What a device is made of.</summary>
public enum DeviceKind
{
    /// <summary>Host processor, SIMD kernels.</summary>
    Cpu,

    /// <summary>NVIDIA GPU.</summary>
    Cuda,

    /// <summary>OpenCL device.</summary>
    OpenCl,

    /// <summary>A GPU emulated on the host: for correctness, not for speed.</summary>
    Emulator,
}

/// <summary>Somewhere tensors live and kernels run.</summary>
/// <remarks>Thread safety: one device serves one thread at a time unless a backend says otherwise.</remarks>
public abstract class Device : IDisposable
{
    /// <summary>Selector of this device, for example <c>cpu</c> or <c>ilgpu:cuda:0</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What the device is.</summary>
    public abstract DeviceKind Kind { get; }

    /// <summary>What its user should know: a precision below float32, a choice made by measurement. Empty for nothing.</summary>
    public virtual string Remark => "";

    /// <summary>The kernels that run on it.</summary>
    public abstract IKernels Kernels { get; }

    /// <summary>Allocates a zero-filled float32 tensor that the caller owns.</summary>
    public Tensor Allocate(Shape shape) => new(AllocateFloats(shape.Count), 0, shape, ownsBuffer: true);

    /// <summary>Allocates a zero-filled int32 tensor that the caller owns.</summary>
    public IndexTensor AllocateIndices(Shape shape) => new(AllocateInts(shape.Count), 0, shape, ownsBuffer: true);

    /// <summary>Allocates a tensor and fills it from host memory.</summary>
    public Tensor Allocate(Shape shape, ReadOnlySpan<float> values)
    {
        var tensor = Allocate(shape);
        tensor.CopyFrom(values);
        return tensor;
    }

    /// <summary>Allocates an index tensor and fills it from host memory.</summary>
    public IndexTensor AllocateIndices(Shape shape, ReadOnlySpan<int> values)
    {
        var tensor = AllocateIndices(shape);
        tensor.CopyFrom(values);
        return tensor;
    }

    /// <summary>Room for what kernels keep of a tensor's content while it is held; null when they keep nothing.</summary>
    protected internal virtual HeldContent? CreateHeldContent() => null;

    /// <summary>Waits until all work handed to the device is done. Host devices return at once.</summary>
    public abstract void Synchronize();

    /// <summary>Allocates zeroed float memory.</summary>
    protected abstract DeviceBuffer<float> AllocateFloats(long count);

    /// <summary>Allocates zeroed int memory.</summary>
    protected abstract DeviceBuffer<int> AllocateInts(long count);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <inheritdoc/>
    public override string ToString() => Name;
}
