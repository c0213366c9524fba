using KernelCore.Kernels;

namespace KernelCore.Torch;

/// <summary>Passage between torch tensors and the tensors of a device.</summary>
/// <remarks>
/// On the host both see the same memory. Otherwise elements pass through the host, because torch and the device each have
/// their own context, even on the same GPU: what torch has on the host goes to the device from there, and what it has
/// elsewhere is first copied to page-locked memory, which is kept.
/// </remarks>
/// <param name="device">Where the kernels run.</param>
internal sealed class TorchMemory(Device device) : IDisposable
{
    private TorchTensor? _stage;

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
        return device.Kind == DeviceKind.Cpu
            ? new Tensor(new TorchBuffer<float>(OnHost(tensor), device), 0, shape, ownsBuffer: true)
            : device.Allocate(shape, Read(tensor));
    }

    /// <summary>A torch tensor's values on the device, in its own shape.</summary>
    public Tensor Export(TorchTensor tensor) => Export(tensor, ShapeOf(tensor));

    /// <summary>A torch index tensor of any integer type on the device.</summary>
    public IndexTensor ExportIndices(TorchTensor indices, Shape shape)
    {
        using TorchTensor detached = indices.detach(), narrow = detached.to(torch.ScalarType.Int32);
        var host = new TorchBuffer<int>(OnHost(narrow), device);
        if (device.Kind == DeviceKind.Cpu)
        {
            return new IndexTensor(host, 0, shape, ownsBuffer: true);
        }

        using (host)
        {
            return device.AllocateIndices(shape, host.Span);
        }
    }

    /// <summary>A tensor of the device as a torch tensor: the one it was made from, or a copy.</summary>
    /// <param name="tensor">Values.</param>
    /// <param name="target">Where torch computes.</param>
    public TorchTensor Import(Tensor tensor, torch.Device target)
    {
        using var scope = torch.NewDisposeScope();
        long[] shape = Extents(tensor.Shape);
        if (tensor.Buffer is TorchBuffer<float> { Source: var source } && tensor.Offset == 0 && tensor.Count == source.NumberOfElements)
        {
            return source.view(shape).to(target).DetachFromDisposeScope();
        }

        TorchTensor result = torch.empty(shape, device: target);
        Write(tensor, result);
        return result.DetachFromDisposeScope();
    }

    /// <summary>Indices of the device as 64-bit ones, which torch modules expect.</summary>
    public static TorchTensor Import(IndexTensor indices, torch.Device target)
    {
        using var scope = torch.NewDisposeScope();
        TorchTensor host = torch.empty(Extents(indices.Shape), torch.ScalarType.Int32);
        indices.CopyTo(Span<int>(host));
        return host.to(torch.ScalarType.Int64).to(target).DetachFromDisposeScope();
    }

    /// <summary>The elements of a float tensor: its own memory where that is contiguous and on the host, otherwise a copy that is valid until the next one.</summary>
    public ReadOnlySpan<float> Read(TorchTensor tensor)
    {
        if (IsAddressable(tensor))
        {
            return Span<float>(tensor);
        }

        using var noGradient = torch.no_grad();
        using TorchTensor stage = Stage(tensor.shape);
        stage.copy_(tensor);
        return Span<float>(stage);
    }

    /// <summary>Copies a tensor of the device into a float tensor of torch, of the same count.</summary>
    public void Write(Tensor source, TorchTensor destination)
    {
        if (IsAddressable(destination))
        {
            source.CopyTo(Span<float>(destination));
            return;
        }

        using var noGradient = torch.no_grad();
        using TorchTensor stage = Stage(destination.shape);
        source.CopyTo(Span<float>(stage));
        destination.copy_(stage);
    }

    public void Dispose()
    {
        _stage?.Dispose();
        _stage = null;
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

    private static bool IsAddressable(TorchTensor tensor) => tensor.device_type == DeviceType.CPU && tensor.is_contiguous();

    /// <summary>A contiguous tensor in the stage, which is as large as the largest so far, and page-locked where there is a GPU to copy to and from it.</summary>
    private TorchTensor Stage(long[] shape)
    {
        using var scope = torch.NewDisposeScope();
        long count = shape.Aggregate(1L, (product, extent) => product * extent);
        if (_stage is null || _stage.NumberOfElements < count)
        {
            Dispose();
            TorchTensor memory = torch.empty(count);
            _stage = (torch.cuda.is_available() ? memory.pin_memory() : memory).DetachFromDisposeScope();
        }

        return _stage.narrow(0, 0, count).view(shape).DetachFromDisposeScope();
    }

    /// <summary>A contiguous handle of its own, outside every dispose scope.</summary>
    private static TorchTensor OnHost(TorchTensor tensor)
    {
        using TorchTensor detached = tensor.detach(), host = detached.cpu();
        return host.contiguous().DetachFromDisposeScope();
    }
}
