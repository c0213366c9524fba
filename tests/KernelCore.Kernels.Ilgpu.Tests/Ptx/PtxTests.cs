using System.Text.RegularExpressions;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>What every kernel becomes on an NVIDIA GPU, seen without one.</summary>
public class PtxTests
{
    /// <summary>For the newest GPUs: ILGPU takes seconds for each product. Where there is ptxas, the next test compiles for the older ones too.</summary>
    [Fact]
    public void Every_kernel_compiles_without_calls_atomics_or_local_memory()
    {
        string[] faults =
        [
            .. from kernel in KernelCatalogue.Of(90).Zip(PtxCompiler.Catalogue(90))
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

        // Wide products have the 128 registers, 512 bytes, that two groups leave a thread: on sm_80 a few too few for scaled operands.
        int few = capability == 80 ? 48 : 0;
        KernelResources[] resources = Ptxas.Assemble(PtxCompiler.Catalogue(capability), $"sm_{capability}");
        string[] spilling = [.. KernelCatalogue.Of(capability).Zip(resources).Where(kernel => kernel.Second.SpilledBytes > (kernel.First.GetGenericArguments().Contains(typeof(Quads)) ? few : 0)).Select(kernel => $"{kernel.First}: {kernel.Second}")];
        Assert.True(spilling.Length == 0, string.Join('\n', spilling));
        Assert.All(resources, kernel => Assert.True(kernel.Registers > 0));
    }

    [Fact]
    public void Products_read_shared_memory_in_words_of_16_bytes()
    {
        Assert.Equal(2 * 4, Count(PtxCompiler.Compile(typeof(Product<SingleTile<LargeGroup>, Quad, Factor<MatrixOperand, MatrixOperand>, Destination>)), "ld.shared.v4"));
        Assert.Equal(4 * 4, Count(PtxCompiler.Compile(typeof(Product<WideTile<LargeGroup>, Quads, Factor<MatrixOperand, MatrixOperand>, Destination>)), "ld.shared.v4"));
    }

    /// <summary>
    /// ILGPU exchanges the sides of a comparison whose left one is a constant, and makes it true for NaN: 0 &gt; x becomes "x below 0 or NaN".
    /// Nothing here asks for that, so where it stands a formula has its constant on the wrong side.
    /// </summary>
    [Fact]
    public void No_comparison_takes_NaN_for_less_or_more() => Assert.All(
        KernelCatalogue.Of(90).Zip(PtxCompiler.Catalogue(90)), kernel => Assert.DoesNotMatch(@"setp\.(ltu|gtu)\.f", kernel.Second));

    /// <summary>As many as a tile has under way at a time, of both operands.</summary>
    [Theory]
    [InlineData(typeof(SingleTile<LargeGroup>), typeof(Quad), 2)]
    [InlineData(typeof(WideTile<LargeGroup>), typeof(Quads), 4)]
    [InlineData(typeof(TensorTile<LargeGroup, Bf16, TensorCore<Bf16>>), typeof(Quad), 4)]
    [InlineData(typeof(WideTensorTile<LargeGroup, Tf32, TensorCore<Tf32>>), typeof(Quads), 8)]
    public void Products_load_matrices_in_words_of_16_bytes(Type tile, Type sums, int words) => Assert.Equal(
        words, Regex.Count(PtxCompiler.Compile(typeof(Product<,,,>).MakeGenericType(tile, sums, typeof(Factor<MatrixOperand, MatrixOperand>), typeof(Destination))), @"\bld(\.global)?\.v4\.f32"));

    /// <summary>Four blocks of each square for each step of each product; sums start from zero and leave through shared memory.</summary>
    [Theory]
    [InlineData(typeof(Tf32), "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32")]
    [InlineData(typeof(Bf16), "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32")]
    public void Products_of_reduced_precision_run_on_tensor_cores(Type format, string instruction)
    {
        Type tile = typeof(TensorTile<,,>).MakeGenericType(typeof(LargeGroup), format, typeof(TensorCore<>).MakeGenericType(format));
        string plain = PtxCompiler.Compile(typeof(Product<,,,>).MakeGenericType(tile, typeof(Quad), typeof(Factor<MatrixOperand, MatrixOperand>), typeof(Destination)));
        Assert.Equal(4, Count(plain, instruction));
        Assert.Equal(16, Regex.Count(plain, @"mov\.f32 sum\d+, 0f00000000"));
        Assert.Equal(16, Regex.Count(plain, @"mov\.f32\s+(%f\d+), sum\d+;[\s\w.,%;]*st\.shared\.f32\s+\[%rd\d+\], \1;"));
        Assert.Equal(1, Count(plain, MmaRegisters.Declaration));

        Type hadamard = typeof(Hadamard<Factor<MatrixOperand, MatrixOperand>, Factor<MatrixOperand, MatrixOperand>>);
        string two = PtxCompiler.Compile(typeof(Product<,,,>).MakeGenericType(tile, typeof(Quad), hadamard, typeof(Destination)));
        Assert.Equal((8, 1), (Count(two, instruction), Count(two, MmaRegisters.Declaration)));

        Type wide = typeof(WideTensorTile<,,>).MakeGenericType(typeof(LargeGroup), format, typeof(TensorCore<>).MakeGenericType(format));
        string four = PtxCompiler.Compile(typeof(Product<,,,>).MakeGenericType(wide, typeof(Quads), typeof(Factor<MatrixOperand, MatrixOperand>), typeof(Destination)));
        Assert.Equal((16, 64, 1), (Count(four, instruction), Regex.Count(four, @"mov\.f32 sum\d+, 0f00000000"), Count(four, MmaRegisters.Rest)));
    }

    [Fact]
    public void No_product_of_single_precision_uses_tensor_cores() => Assert.All(
        KernelCatalogue.Of(90).Zip(PtxCompiler.Catalogue(90)),
        kernel => Assert.Equal(kernel.First.GetGenericArguments()[0].Name.Contains("TensorTile", StringComparison.Ordinal), kernel.Second.Contains("mma.sync", StringComparison.Ordinal)));

    [Fact]
    public void Streams_are_loaded_and_stored_in_words_of_16_bytes()
    {
        IEnumerable<(Type, string Assembly)> streams = KernelCatalogue.Of(90).Zip(PtxCompiler.Catalogue(90))
            .Where(kernel => kernel.First.GetGenericTypeDefinition() == typeof(StreamLoop<>));
        Assert.All(streams, stream => Assert.Matches(@"ld(\.global)?\.v4\.f32[^}]*}, [^}]*[\s\S]*st(\.global)?\.v4\.f32", stream.Assembly));
    }

    [Fact]
    public void Rows_are_reduced_by_shuffles()
    {
        string softmax = PtxCompiler.Compile(typeof(RowLoop<Softmax, ShuffledWarp>));
        Assert.Contains("shfl.sync.bfly", softmax, StringComparison.Ordinal);
        Assert.DoesNotContain(".shared", softmax, StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
