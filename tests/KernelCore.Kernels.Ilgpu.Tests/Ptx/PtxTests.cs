using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>What every kernel becomes on an NVIDIA GPU, seen without one.</summary>
public class PtxTests
{
    [Theory]
    [InlineData(7, 0)]
    [InlineData(8, 0)]
    [InlineData(9, 0)]
    public void Every_kernel_compiles_without_calls_atomics_or_local_memory(int major, int minor)
    {
        using Context context = Context.Create(_ => { });
        using PTXBackend backend = Backend(context, major, minor);
        string[] faults =
        [
            .. from kernel in KernelCatalogue.All
               let fault = Regex.Match(Compile(backend, kernel), @"^.*(\.extern \.func|\bred\.|\batom\.|\.local).*$", RegexOptions.Multiline)
               where fault.Success
               select $"{kernel}: {fault.Value.Trim()}",
        ];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Products_read_shared_memory_in_words_of_16_bytes()
    {
        using Context context = Context.Create(_ => { });
        using PTXBackend backend = Backend(context, 8, 0);
        Assert.Contains("ld.shared.v4", Compile(backend, typeof(Product<LargeTile, Factor<MatrixOperand, MatrixOperand>, Destination>)), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_reduced_by_shuffles()
    {
        using Context context = Context.Create(_ => { });
        using PTXBackend backend = Backend(context, 8, 0);
        string softmax = Compile(backend, typeof(RowLoop<Softmax, ShuffledWarp>));
        Assert.Contains("shfl.sync.bfly", softmax, StringComparison.Ordinal);
        Assert.DoesNotContain(".shared", softmax, StringComparison.Ordinal);
    }

    private static PTXBackend Backend(Context context, int major, int minor)
    {
        CudaArchitecture architecture = CudaDevice.GetArchitecture(major, minor);
        return new PTXBackend(context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_78, null);
    }

    private static string Compile(PTXBackend backend, Type kernel)
    {
        try
        {
            var entry = EntryPointDescription.FromExplicitlyGroupedKernel(KernelCatalogue.Entry(kernel));
            return ((PTXCompiledKernel)backend.Compile(entry, default(KernelSpecialization))).PTXAssembly;
        }
        catch (InternalCompilerException error)
        {
            return $".extern .func: {kernel} does not compile: {error.GetBaseException()}";
        }
    }
}
