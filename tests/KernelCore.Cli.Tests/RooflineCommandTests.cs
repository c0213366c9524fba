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
        Assert.Equal(4.0 * ((2 * 10) + 10), KernelShapes.Add(1, 10).Work.Bytes);
        Assert.Equal(4.0 * 10 * (3 + 1 + 5 + ILossKernels.HeadQuantities) + (4 * 3), KernelShapes.HeadScores(10, 3, 5).Work.Bytes);

        // 2 groups: weights [4, 2 x 3 x 3] once, images and outputs of both samples once.
        var g = new ConvolutionGeometry(4, 4, 2, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, 5, 5);
        Assert.Equal(new KernelWork(2.0 * 2 * 4 * 25 * 18, 0, 4.0 * ((4 * 18) + (2 * 100) + (2 * 100))), KernelShapes.Convolution(g, 2).Work);
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
