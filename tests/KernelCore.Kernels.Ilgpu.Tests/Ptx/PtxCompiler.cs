using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>Kernels as PTX for one compute capability. No GPU is needed.</summary>
internal sealed class PtxCompiler : IDisposable
{
    /// <summary>What ILGPU calls every kernel.</summary>
    public const string EntryName = $"Kernel_{nameof(IlgpuDevice.Entry)}";

    private static readonly ConcurrentDictionary<int, Lazy<IReadOnlyList<string>>> _catalogues = new();

    private readonly Context _context = Context.Create(_ => { });
    private readonly PTXBackend _backend;

    /// <param name="capability">Ten times the compute capability, such as 80.</param>
    public PtxCompiler(int capability)
    {
        CudaArchitecture architecture = CudaDevice.GetArchitecture(capability / 10, capability % 10);
        _backend = new PTXBackend(_context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_78, null);
    }

    /// <summary>The kernels of the catalogue that the compute capability has, in its order.</summary>
    public static IReadOnlyList<string> Catalogue(int capability) => _catalogues.GetOrAdd(capability, _ => new(() =>
    {
        using var compiler = new PtxCompiler(capability);
        return [.. KernelCatalogue.Of(capability).Select(compiler.Compile)];
    })).Value;

    /// <summary>The assembly of a kernel.</summary>
    /// <exception cref="InvalidOperationException">It does not compile; the message names it.</exception>
    public string Compile(Type kernel)
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

    public void Dispose()
    {
        _backend.Dispose();
        _context.Dispose();
    }
}
