using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>Kernels as PTX for one compute capability, each compiled once. No GPU is needed.</summary>
internal sealed class PtxCompiler
{
    /// <summary>What ILGPU calls every kernel.</summary>
    public const string EntryName = $"Kernel_{nameof(IlgpuDevice.Entry)}";

    private static readonly ConcurrentDictionary<int, Lazy<PtxCompiler>> _compilers = new();

    private readonly Dictionary<Type, string> _assemblies = [];
    private readonly Context _context = Context.Create(_ => { });
    private readonly PTXBackend _backend;

    private PtxCompiler(int capability)
    {
        CudaArchitecture architecture = CudaDevice.GetArchitecture(capability / 10, capability % 10);
        _backend = new PTXBackend(_context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_78, null);
    }

    /// <summary>The kernels of the catalogue that the compute capability has, in its order.</summary>
    /// <param name="capability">Ten times the compute capability, such as 80.</param>
    public static IReadOnlyList<string> Catalogue(int capability) => [.. KernelCatalogue.Of(capability).Select(kernel => Compile(kernel, capability))];

    /// <summary>The assembly of a kernel for the newest GPUs.</summary>
    public static string Compile(Type kernel) => Compile(kernel, 90);

    /// <exception cref="InvalidOperationException">It does not compile; the message names it.</exception>
    private static string Compile(Type kernel, int capability)
    {
        PtxCompiler compiler = _compilers.GetOrAdd(capability, key => new(() => new PtxCompiler(key))).Value;
        lock (compiler._assemblies)
        {
            if (!compiler._assemblies.TryGetValue(kernel, out string? assembly))
            {
                compiler._assemblies.Add(kernel, assembly = compiler.Assembly(kernel));
            }

            return assembly;
        }
    }

    private string Assembly(Type kernel)
    {
        try
        {
            _context.ClearCache(ClearCacheMode.Everything);
            var entry = EntryPointDescription.FromExplicitlyGroupedKernel(KernelCatalogue.Entry(kernel));
            return ((PTXCompiledKernel)_backend.Compile(entry, KernelCatalogue.Specialization(kernel))).PTXAssembly;
        }
        catch (InternalCompilerException error)
        {
            throw new InvalidOperationException($"{kernel} does not compile: {error.GetBaseException().Message}", error);
        }
    }
}
