using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>A CUDA or OpenCL device, or the emulator, with the KernelCore kernels on it.</summary>
/// <remarks>
/// All work goes to one stream, in order; copies to the host wait for it. One calling thread at a time. Kernels are
/// compiled on first use and kept.
/// </remarks>
public sealed class IlgpuDevice : Device
{
    /// <summary>Groups of a loop for each multiprocessor, at most: enough to fill it several times over.</summary>
    private const int MaxGroupsEach = 32;

    private readonly Context _context;
    private readonly Accelerator _accelerator;
    private readonly Dictionary<Type, Delegate> _kernels = [];
    private readonly EmulatorThreads? _emulator;
    private readonly IlgpuLinearAlgebra _algebra;

    internal IlgpuDevice(string name, DeviceKind kind, ProductMode products, Context context, ILGPU.Runtime.Device device)
    {
        (Name, Kind, Products, _context) = (name, kind, products, context);
        _accelerator = device.CreateAccelerator(context);
        _emulator = kind == DeviceKind.Emulator ? new EmulatorThreads(context, _accelerator.WarpSize) : null;
        Pool = new BufferPool(_accelerator);
        Staging = new HostStaging(_accelerator);
        _algebra = new IlgpuLinearAlgebra(this);
        Kernels = new IlgpuKernels(this, _algebra);
        if (_accelerator is CudaAccelerator cuda && products is ProductMode.Measured or ProductMode.CuBlas)
        {
            try
            {
                _algebra.OpenCuBlas(cuda);
            }
            catch
            {
                // Nobody else has the device yet.
                Dispose();
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override DeviceKind Kind { get; }

    /// <summary>How matrix products are computed, as the selector says.</summary>
    public ProductMode Products { get; }

    /// <inheritdoc/>
    public override string Remark => Products is ProductMode.Tf32 or ProductMode.Bf16 ? $"products in {Products.ToString().ToLowerInvariant()}" : _algebra.Choice;

    /// <inheritdoc/>
    public override IKernels Kernels { get; }

    internal BufferPool Pool { get; }

    internal HostStaging Staging { get; }

    internal int Multiprocessors => _accelerator.NumMultiprocessors;

    /// <summary>Threads of one group of a loop over elements; few on the emulator, where each is a thread of the host.</summary>
    private int ElementGroup => _emulator is null ? 256 : 2;

    /// <inheritdoc/>
    public override void Synchronize() => _accelerator.Synchronize();

    /// <inheritdoc/>
    public override void Dispose()
    {
        Synchronize();
        _algebra.Dispose();
        Staging.Dispose();
        Pool.Dispose();
        _emulator?.Dispose();
        _accelerator.Dispose();
        _context.Dispose();
    }

    /// <summary>Memory for intermediate results, with any content. Disposing it lets later work have it; the stream keeps the order.</summary>
    internal Tensor Scratch(Shape shape) => new(new IlgpuBuffer<float>(this, shape.Count, zeroed: false), 0, shape, ownsBuffer: true);

    /// <summary>Starts a loop over elements.</summary>
    internal void ForEach<TBody>(LoopShape shape, in TBody body)
        where TBody : struct, IElement
    {
        int count = LaunchGrid.Iterations(shape.Count);
        Launch(new ElementLoop<TBody> { Body = body, Count = count }, Groups(count, ElementGroup), ElementGroup);
    }

    /// <summary>Starts a loop over the elements of operands that are streamed.</summary>
    internal void Stream<TBody>(LoopShape shape, in TBody body)
        where TBody : struct, IStream
    {
        int count = LaunchGrid.Iterations(shape.Count), words = body.IsAligned ? count / 4 : 0;
        Launch(new StreamLoop<TBody> { Body = body, Count = count, Words = words }, Groups(Math.Max(words, count - (4 * words)), ElementGroup), ElementGroup);
    }

    /// <summary>Starts a loop over rows, a warp for each.</summary>
    internal void ForEachRow<TBody>(LoopShape shape, in TBody body)
        where TBody : struct, IRow
    {
        int rows = LaunchGrid.Iterations(shape.Rows);
        switch (Kind)
        {
            case DeviceKind.Cuda:
                LaunchRows<TBody, ShuffledWarp>(rows, body, _accelerator.WarpSize, 256, TBody.ReadsAgain ? GroupsInCache(shape, 256 / _accelerator.WarpSize) : MaxGroupsEach);
                break;
            case DeviceKind.OpenCl:
                LaunchRows<TBody, SharedWarp<GroupBarrier>>(rows, body, SharedWarp<GroupBarrier>.MaxWidth, SharedWarp<GroupBarrier>.MaxWidth, MaxGroupsEach);
                break;
            default:
                LaunchRows<TBody, SharedWarp<WarpBarrier>>(rows, body, _accelerator.WarpSize, _accelerator.WarpSize, MaxGroupsEach);
                break;
        }
    }

    /// <summary>Starts a kernel; no groups, no launch.</summary>
    internal void Launch<TKernel>(in TKernel kernel, int groups, int groupSize)
        where TKernel : struct, IGridKernel
    {
        if (groups > 0)
        {
            Load<TKernel>(groupSize)(new KernelConfig(groups, groupSize), kernel);
        }
    }

    /// <inheritdoc/>
    protected override DeviceBuffer<float> AllocateFloats(long count) => new IlgpuBuffer<float>(this, count, zeroed: true);

    /// <inheritdoc/>
    protected override DeviceBuffer<int> AllocateInts(long count) => new IlgpuBuffer<int>(this, count, zeroed: true);

    /// <summary>Groups for so many threads, but no more than fill the device several times over.</summary>
    private int Groups(long threads, int groupSize, int each = MaxGroupsEach) => LaunchGrid.Groups(threads, groupSize, _emulator is null ? each * Multiprocessors : 2);

    /// <summary>Groups for each multiprocessor whose rows stay in two thirds of the second-level cache until they are read again; at least two, or memory would idle.</summary>
    private int GroupsInCache(LoopShape shape, int rowsEach)
    {
        double bytes = shape.Work.Bytes / Math.Max(1, shape.Rows), cache = (_accelerator as CudaAccelerator)?.Device.L2CacheSize ?? 0;
        return (int)Math.Clamp(2 * cache / 3 / (Math.Max(1, bytes) * rowsEach * Multiprocessors), 2, MaxGroupsEach);
    }

    private void LaunchRows<TBody, TWarp>(int rows, in TBody body, int width, int groupSize, int each)
        where TBody : struct, IRow
        where TWarp : struct, IWarp => Launch(new RowLoop<TBody, TWarp> { Body = body, Count = rows }, Groups((long)rows * width, groupSize, each), groupSize);

    private Action<KernelConfig, TKernel> Load<TKernel>(int groupSize)
        where TKernel : struct, IGridKernel
    {
        if (!_kernels.TryGetValue(typeof(TKernel), out Delegate? loaded))
        {
            loaded = _emulator?.Load<TKernel>(groupSize) ?? Compile<TKernel>(groupSize);
            _kernels.Add(typeof(TKernel), loaded);
        }

        return Unsafe.As<Action<KernelConfig, TKernel>>(loaded);
    }

    private Action<KernelConfig, TKernel> Compile<TKernel>(int groupSize)
        where TKernel : struct, IGridKernel
    {
        Forget(_context);
        return _accelerator.LoadStreamKernel<TKernel>(Entry, Kind == DeviceKind.Cuda ? Specialization<TKernel>(groupSize) : KernelSpecialization.Empty);
    }

    /// <summary>To be called before a kernel is compiled: code that ILGPU kept of others would make it depend on which came first.</summary>
    internal static void Forget(Context context) => context.ClearCache(ClearCacheMode.Everything);

    /// <summary>What CUDA's compiler is told of a kernel.</summary>
    internal static KernelSpecialization Specialization<TKernel>(int groupSize)
        where TKernel : struct, IGridKernel => TKernel.GroupsEach == 0 ? KernelSpecialization.Empty : new(groupSize, TKernel.GroupsEach);

    /// <summary>What ILGPU compiles.</summary>
    internal static void Entry<TKernel>(TKernel kernel)
        where TKernel : struct, IGridKernel => kernel.Run();
}
