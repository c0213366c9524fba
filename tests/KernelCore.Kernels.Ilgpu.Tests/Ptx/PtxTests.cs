using System.Text.RegularExpressions;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>What every kernel becomes on an NVIDIA GPU, seen without one.</summary>
public class PtxTests
{
    [Theory]
    [InlineData(70)]
    [InlineData(80)]
    [InlineData(90)]
    public void Every_kernel_compiles_without_calls_atomics_or_local_memory(int capability)
    {
        string[] faults =
        [
            .. from kernel in KernelCatalogue.All.Zip(PtxCompiler.Catalogue(capability))
               let fault = Regex.Match(kernel.Second, @"^.*(\.extern \.func|\bred\.|\batom\.|\.local).*$", RegexOptions.Multiline)
               where fault.Success
               select $"{kernel.First}: {fault.Value.Trim()}",
        ];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [SkippableTheory]
    [InlineData(70)]
    [InlineData(80)]
    [InlineData(90)]
    public void Ptxas_takes_every_kernel_and_keeps_its_registers(int capability)
    {
        Skip.IfNot(Ptxas.IsPresent, Ptxas.Missing);
        KernelResources[] resources = Ptxas.Assemble(PtxCompiler.Catalogue(capability), $"sm_{capability}");
        string[] spilling = [.. KernelCatalogue.All.Zip(resources).Where(kernel => kernel.Second.SpilledBytes > 0).Select(kernel => $"{kernel.First}: {kernel.Second}")];
        Assert.True(spilling.Length == 0, string.Join('\n', spilling));
        Assert.All(resources, kernel => Assert.True(kernel.Registers > 0));
    }

    [Fact]
    public void Products_read_shared_memory_in_words_of_16_bytes() =>
        Assert.Contains("ld.shared.v4", Compile(typeof(Product<LargeTile, Factor<MatrixOperand, MatrixOperand>, Destination>)), StringComparison.Ordinal);

    [Fact]
    public void Streams_are_loaded_and_stored_in_words_of_16_bytes()
    {
        IEnumerable<(Type, string Assembly)> streams = KernelCatalogue.All.Zip(PtxCompiler.Catalogue(80))
            .Where(kernel => kernel.First.GetGenericTypeDefinition() == typeof(StreamLoop<>));
        Assert.All(streams, stream => Assert.Matches(@"ld(\.global)?\.v4\.f32[^}]*}, [^}]*[\s\S]*st(\.global)?\.v4\.f32", stream.Assembly));
    }

    [Fact]
    public void Rows_are_reduced_by_shuffles()
    {
        string softmax = Compile(typeof(RowLoop<Softmax, ShuffledWarp>));
        Assert.Contains("shfl.sync.bfly", softmax, StringComparison.Ordinal);
        Assert.DoesNotContain(".shared", softmax, StringComparison.Ordinal);
    }

    private static string Compile(Type kernel)
    {
        using var compiler = new PtxCompiler(80);
        return compiler.Compile(kernel);
    }
}
