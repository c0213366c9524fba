using System.Globalization;
using KernelCore.Scoring;

namespace KernelCore.Cli.Tests;

public sealed class LsiCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_with_noise_is_judged()
    {
        ToolRun train = await ToolRun.StartAsync(
            "train", "--data", "breast-cancer", "--train-samples", "300", "--epochs", "3", "--label-noise", "0.1", "--with", "self-influence,lsi", "--out", _folder["run"]);
        Assert.Equal((0, ""), (train.ExitCode, train.Error));
        Assert.Contains("self-influence", train.Output, StringComparison.Ordinal);
        ScoreTable scores = ScoreTableReader.ReadCsv(_folder["run/scores.csv"]).Scores;
        Assert.Equal(300, scores.Count);

        ToolRun lsi = await ToolRun.StartAsync("lsi", "--run", _folder["run"], "--out", _folder["lsi.csv"]);
        Assert.Equal((0, ""), (lsi.ExitCode, lsi.Error));
        Assert.Contains("Finding the mislabelled samples", lsi.Output, StringComparison.Ordinal);
        Assert.Contains("relative error", lsi.Output, StringComparison.Ordinal);
        var (table, truth) = ScoreTableReader.ReadCsv(_folder["lsi.csv"]);
        Assert.Equal(scores.Labels.AsEnumerable(), table.Labels);
        Assert.Equal(30, truth.Zip(table.Labels).Count(pair => pair.First != pair.Second));
        Assert.Equal(scores.Find("lsi")!.Values, table.Find("lsi")!.Values);

        ToolRun report = await ToolRun.StartAsync("report", "--run", _folder["run"]);
        Assert.Equal((0, ""), (report.ExitCode, report.Error));
    }

    [Theory]
    [InlineData("one-step", "kron")]
    [InlineData("newton", "diag")]
    [InlineData("retraining", "diag")]
    [InlineData("iterative", "kron")]
    public async Task Raw_data_take_every_method(string method, string posterior)
    {
        ToolRun run = await ToolRun.StartAsync(
            "lsi", "--data", "breast-cancer", "--method", method, "--posterior", posterior, "--epochs", "3", "--check", "2", "--out", _folder["lsi.csv"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(method == "one-step", run.Output.Contains("2 samples: relative error", StringComparison.Ordinal));
        ScoreTable table = ScoreTableReader.ReadCsv(_folder["lsi.csv"]).Scores;
        Assert.All(table.Find("lsi")!.Values, v => Assert.True(v >= 0, v.ToString(CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("lsi takes --run DIR, or --data NAME", "lsi", "--out", "x.csv")]
    [InlineData("lsi takes --run DIR, or --data NAME", "lsi", "--run", "a", "--data", "digits", "--out", "x.csv")]
    [InlineData("--method takes", "lsi", "--data", "digits", "--method", "magic", "--out", "x.csv")]
    [InlineData("--with takes self-influence and lsi", "train", "--data", "digits", "--with", "magic", "--out", "x")]
    [InlineData("1000000 training samples cannot be drawn", "train", "--data", "digits", "--train-samples", "1000000", "--out", "x")]
    public async Task Bad_input_is_one_line(string expected, params string[] arguments)
    {
        ToolRun run = await ToolRun.StartAsync(arguments);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }
}
