using KernelCore.Kernels;

namespace KernelCore.Torch;

/// <summary>Passage between torch tensors and the tensors of a device.</summary>
/// <remarks>
/// On the host both see the same memory. Otherwise elements are copied through the host: torch and the device each have
/// their own context, even on the same GPU.
/// </remarks>
/// <param name="device">Where the kernels run.</param>
internal sealed class TorchMemory(Device device)
{
    /// <summary>Where the kernels run.</summary>
    public Device Device => device;

    /// <summary>Whether a torch tensor and a tensor of the device can be the same memory.</summary>
    public bool Shares(TorchTensor tensor) => device.Kind == DeviceKind.Cpu && tensor.device_type == DeviceType.CPU;

    /// <summary>A torch tensor's values on the device.</summary>
    /// <param name="tensor">Float32, any layout; stays the caller's.</param>
    /// <param name="shape">Extents of the result.</param>
    /// <returns>A tensor that owns its memory or its share of it.</returns>
    public Tensor Export(TorchTensor tensor, Shape shape)
    {
        RequireFloat(tensor);
        TorchTensor host = OnHost(tensor);
        if (device.Kind == DeviceKind.Cpu)
        {
            return new Tensor(new TorchBuffer<float>(host, device), 0, shape, ownsBuffer: true);
        }

        using var staged = new TorchBuffer<float>(host, device);
        return device.Allocate(shape, staged.Span);
    }

    /// <summary>A torch tensor's values on the device, in its own shape.</summary>
    public Tensor Export(TorchTensor tensor) => Export(tensor, ShapeOf(tensor));

    /// <summary>A torch index tensor of any integer type on the device.</summary>
    public IndexTensor ExportIndices(TorchTensor indices, Shape shape)
    {
        using TorchTensor detached = indices.detach(), narrow = detached.to(torch.ScalarType.Int32);
        TorchTensor host = OnHost(narrow);
        if (device.Kind == DeviceKind.Cpu)
        {
            return new IndexTensor(new TorchBuffer<int>(host, device), 0, shape, ownsBuffer: true);
        }

        using var staged = new TorchBuffer<int>(host, device);
        return device.AllocateIndices(shape, staged.Span);
    }

    /// <summary>A tensor of the device as a torch tensor: the one it was made from, or a copy.</summary>
    /// <param name="tensor">Values.</param>
    /// <param name="target">Where torch computes.</param>
    public static TorchTensor Import(Tensor tensor, torch.Device target)
    {
        using var scope = torch.NewDisposeScope();
        long[] shape = Extents(tensor.Shape);
        if (tensor.Buffer is TorchBuffer<float> { Source: var source } && tensor.Offset == 0 && tensor.Count == source.NumberOfElements)
        {
            return source.view(shape).to(target).DetachFromDisposeScope();
        }

        TorchTensor host = torch.empty(shape);
        tensor.CopyTo(Span<float>(host));
        return host.to(target).DetachFromDisposeScope();
    }

    /// <summary>Indices of the device as 64-bit ones, which torch modules expect.</summary>
    public static TorchTensor Import(IndexTensor indices, torch.Device target)
    {
        using var scope = torch.NewDisposeScope();
        TorchTensor host = torch.empty(Extents(indices.Shape), torch.ScalarType.Int32);
        indices.CopyTo(Span<int>(host));
        return host.to(torch.ScalarType.Int64).to(target).DetachFromDisposeScope();
    }

    /// <summary>The elements of a contiguous torch tensor on the host.</summary>
    public static unsafe Span<T> Span<T>(TorchTensor tensor)
        where T : unmanaged => new(HostMemory.Of<T>(tensor), checked((int)tensor.NumberOfElements));

    /// <summary>Extents of a torch tensor.</summary>
    /// <exception cref="KernelCoreException">More axes or elements than a tensor here can have.</exception>
    public static Shape ShapeOf(TorchTensor tensor)
    {
        long[] extents = tensor.shape;
        return extents.Length <= Shape.MaxRank && extents.All(extent => extent <= int.MaxValue)
            ? Shape.Of(Array.ConvertAll(extents, extent => (int)extent))
            : throw new KernelCoreException($"a tensor of shape [{string.Join(", ", extents)}] has too many axes or too long ones; at most {Shape.MaxRank} axes");
    }

    /// <summary>Extents as torch takes them.</summary>
    public static long[] Extents(Shape shape) => Array.ConvertAll(shape.ToArray(), extent => (long)extent);

    private static void RequireFloat(TorchTensor tensor)
    {
        if (tensor.dtype != torch.ScalarType.Float32)
        {
            throw new KernelCoreException($"KernelCore computes in float32, but the module works in {tensor.dtype}; convert it with module.to(ScalarType.Float32)");
        }
    }

    /// <summary>A contiguous handle of its own, outside every dispose scope.</summary>
    private static TorchTensor OnHost(TorchTensor tensor)
    {
        using TorchTensor detached = tensor.detach(), host = detached.cpu();
        return host.contiguous().DetachFromDisposeScope();
    }
}
