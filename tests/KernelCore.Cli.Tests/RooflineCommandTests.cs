using KernelCore.Kernels;

namespace KernelCore.Cli.Tests;

public class RooflineCommandTests
{
    private const string AcceptVariable = "KERNELCORE_ACCEPT_ROOFLINE", Fence = "```\n";

    [Fact]
    public async Task The_page_holds_the_table_of_the_defaults()
    {
        string page = Path.Combine(Root(), "docs", "roofline.md"), text = File.ReadAllText(page).ReplaceLineEndings("\n");
        ToolRun run = await ToolRun.StartAsync("roofline");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));

        string table = string.Concat(run.Output.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0).Select(line => line + "\n"));
        string expected = text[..(text.IndexOf(Fence, StringComparison.Ordinal) + Fence.Length)] + table + Fence;
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            File.WriteAllText(page, expected);
        }
        else
        {
            Assert.True(expected == text, $"docs/roofline.md is not what the tool prints; run the test with {AcceptVariable}=1 and commit the page");
        }
    }

    [Fact]
    public async Task Extents_are_options()
    {
        ToolRun run = await ToolRun.StartAsync("roofline", "--batch", "2", "--width", "128", "--classes", "10");
        Assert.Matches(@"linear layer +2 x 128 x 128 +0\.066 +0 +0\.068 ", run.Output);
        Assert.Matches(@"cross-entropy +2 x 10 ", run.Output);
    }

    [Theory]
    [InlineData("--batch", "0")]
    [InlineData("--width", "x")]
    public async Task Bad_extents_are_refused(string option, string value)
    {
        ToolRun run = await ToolRun.StartAsync("roofline", option, value);
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(option, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Work_is_that_of_closed_forms()
    {
        Assert.Equal(new KernelWork(16_000, 0, 28_000), KernelShapes.Adam(1000).Work);
        Assert.Equal(new KernelWork(2.0 * 3 * 5 * 7, 0, 4.0 * ((3 * 7) + (5 * 7) + (3 * 5))), KernelShapes.Gemm(3, 5, 7).Work);
        Assert.Equal(new KernelWork((2.0 * 3 * 5 * 7) + (15 * 22), 0, KernelShapes.Gemm(3, 5, 7).Work.Bytes + (4 * 15)), KernelShapes.ActivatedGemm(3, 5, 7).Work);
        Assert.Equal(4.0 * ((2 * 10) + 10), KernelShapes.Add(1, 10).Work.Bytes);
        Assert.Equal(4.0 * 10 * (3 + 1 + 5 + ILossKernels.HeadQuantities) + (4 * 3), KernelShapes.HeadScores(10, 3, 5).Work.Bytes);

        // 2 groups: weights [4, 2 x 3 x 3] once, images and outputs of both samples once.
        var g = new ConvolutionGeometry(4, 4, 2, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, 5, 5);
        Assert.Equal(new KernelWork(2.0 * 2 * 4 * 25 * 18, 0, 4.0 * ((4 * 18) + (2 * 100) + (2 * 100))), KernelShapes.Convolution(g, 2).Work);
    }

    [Fact]
    public void Two_products_that_are_multiplied_read_both_pairs_of_operands_and_store_one_result()
    {
        // A [3, 5] and G [3, 7], A' [4, 5] and G' [4, 7]: 2 x 12 x 5 and 2 x 12 x 7 operations, and a multiplication for each of 12 results.
        Assert.Equal(new KernelWork((24 * 5) + (24 * 7) + 12, 0, 4.0 * (((3 + 4) * (5 + 7)) + 12)), KernelShapes.VectorGram(3, 4, 7, 5).Work);

        // 2 samples of 3 positions: A [3, 5] and G [3, 7] once each, though both are both sides of their product; 9 results a sample are added up.
        Assert.Equal(new KernelWork(2 * 9 * ((2 * 12) + 1), 2 * 9, 4.0 * 2 * 3 * 12), KernelShapes.LinearGramNorms(2, 7, 5, 3).Work);

        // Patches overlap in the image, which is read once: 2 images and outputs of [4, 25], products of 18 + 2 terms for 25 x 25 pairs and 2 groups.
        var g = new ConvolutionGeometry(4, 4, 2, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, 5, 5);
        double pairs = 2 * 2 * 625;
        Assert.Equal(new KernelWork(pairs * ((2 * 20) + 1), pairs, 4.0 * 2 * (100 + 100)), KernelShapes.ConvolutionGramNorms(g, 2).Work);
        Assert.Equal(new KernelWork(2.0 * 4 * 18 * 50, 0, 4.0 * (200 + 200 + (4 * 18))), KernelShapes.ConvolutionSum(g, 2).Work);
    }

    [Fact]
    public void What_is_summed_is_not_stored()
    {
        KernelWork formed = KernelShapes.LinearGradients(2, 7, 5, 3).Work, norms = KernelShapes.LinearNorms(2, 7, 5, 3).Work, dots = KernelShapes.LinearDots(6, 7, 5).Work;
        Assert.Equal(formed with { DoubleFlops = 2 * 2 * 35, Bytes = formed.Bytes - (4 * 2 * 35) }, norms);
        Assert.Equal(KernelShapes.Gemm(6, 7, 5).Work with { DoubleFlops = 2 * 42 }, dots);
    }

    [Fact]
    public void The_slowest_of_three_units_bounds_the_time()
    {
        var roof = new Roofline("", FlopsPerSecond: 100, DoubleFlopsPerSecond: 50, BytesPerSecond: 10);
        Assert.Equal((2, "float"), (roof.Seconds(new KernelWork(200, 0, 10)), roof.Bound(new KernelWork(200, 0, 10))));
        Assert.Equal((4, "double"), (roof.Seconds(new KernelWork(200, 200, 10)), roof.Bound(new KernelWork(200, 200, 10))));
        Assert.Equal((5, "memory"), (roof.Seconds(new KernelWork(200, 200, 50)), roof.Bound(new KernelWork(200, 200, 50))));
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "KernelCore.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException($"no KernelCore.sln above {AppContext.BaseDirectory}");
    }
}
