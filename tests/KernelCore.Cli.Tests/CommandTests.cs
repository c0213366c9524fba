using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using KernelCore.Files;
using KernelCore.Runs;
using KernelCore.Scoring;

namespace KernelCore.Cli.Tests;

public sealed partial class CommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_arguments_prints_help()
    {
        ToolRun run = await ToolRun.StartAsync();
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.All(["demo", "devices", "train", "score", "report", "influence", "self-influence", "memorize", "lds", "curvature", "verify", "roofline"], command => Assert.Contains($"  {command} ", run.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("demo")]
    [InlineData("devices")]
    [InlineData("train")]
    [InlineData("score")]
    [InlineData("report")]
    [InlineData("influence")]
    [InlineData("self-influence")]
    [InlineData("memorize")]
    [InlineData("lds")]
    [InlineData("curvature")]
    [InlineData("verify")]
    [InlineData("roofline")]
    public async Task Every_command_has_help(string command)
    {
        ToolRun run = await ToolRun.StartAsync(command, "--help");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains($"kernelcore {command}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_is_a_version()
    {
        ToolRun run = await ToolRun.StartAsync("--version");
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^\d+\.\d+", run.Output);
    }

    [Fact]
    public async Task Devices_lists_the_cpu_and_the_emulator_or_why_there_is_none()
    {
        ToolRun run = await ToolRun.StartAsync("devices");
        Assert.Equal(0, run.ExitCode);
        Assert.Matches($@"cpu +cpu .* {Environment.ProcessorCount} .*GiB", run.Output);
        Assert.Matches(@"ilgpu:emulator +emulator|ilgpu is unavailable: left out of this build: \w+", run.Output);
    }

    [Fact]
    public async Task What_a_device_does_not_compute_in_float32_is_said()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "Golden", "softmax_regression.safetensors");
        ToolRun run = await ToolRun.StartAsync("verify", "--device", "ilgpu:emulator:tf32", file);
        Assert.Matches(@"^ilgpu:emulator:tf32: products in tf32|device 'ilgpu:emulator:tf32': left out of this build: \w+", run.Error);
    }

    [Fact]
    public async Task A_trained_run_can_be_read_reported_and_scored()
    {
        ToolRun train = await ToolRun.StartAsync(
            "train", "--data", "digits", "--epochs", "3", "--label-noise", "0.1", "--noise", "pair", "--optimizer", "sgd", "--momentum", "0.9", "--out", _folder["run"]);
        Assert.Equal((0, ""), (train.ExitCode, train.Error));
        Assert.Contains("samples/s", train.Output, StringComparison.Ordinal);
        Assert.Equal(["run", .. Inside("run", "history.json", "model.safetensors", "scores.csv")], _folder.Content);

        RunDirectory run = RunDirectory.Read(_folder["run"]);
        Assert.Equal(3, run.History.Epochs.Count);
        Assert.Equal((OptimizerKind.Sgd, 0.05, 0.9f), (run.History.Options.Optimizer, run.History.Options.LearningRate, run.History.Options.Momentum));
        Assert.Equal(run.History.MislabelledSamples, run.TrueLabels.Zip(run.Scores.Labels).Count(pair => pair.Second == (pair.First + 1) % 10));
        Assert.Equal((int)Math.Round(0.1 * run.Scores.Count, MidpointRounding.AwayFromZero), run.History.MislabelledSamples);

        ToolRun report = await ToolRun.StartAsync("report", "--run", _folder["run"]);
        Assert.Equal((0, ""), (report.ExitCode, report.Error));
        Assert.Contains("<html", File.ReadAllText(Path.Combine(_folder["run"], "report.html")), StringComparison.Ordinal);

        string[] score = ["score", "--model", run.ModelPath, "--data", "digits", "--split", "test", "--scores", "gwa,grand,loss", "--gwa-scope", "layer", "--out"];
        ToolRun csv = await ToolRun.StartAsync([.. score, _folder["scores.csv"]]);
        ToolRun json = await ToolRun.StartAsync([.. score, _folder["scores.json"]]);
        Assert.Equal((0, 0), (csv.ExitCode, json.ExitCode));
        ScoreTable table = ScoreTableReader.ReadCsv(_folder["scores.csv"]).Scores;
        Assert.Equal(run.History.TestSamples, table.Count);
        Assert.Equal(["gwa:1.weight", "gwa:1.bias"], table.Columns.Take(2).Select(c => c.Name));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(_folder["scores.json"]));
        Assert.Equal(table.Find("grand")!.Values, document.RootElement.EnumerateArray().Select(e => e.GetProperty("grand").GetDouble()));

        // Clean held-out labels: the mean loss is the test loss of the last epoch.
        Assert.Equal(run.History.Epochs[^1].TestLoss!.Value, table.Find("loss")!.Values.Average(), 1e-6);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_files_for_every_thread_count()
    {
        foreach (string threads in new[] { "1", "2", "3" })
        {
            ToolRun run = await ToolRun.StartAsync(
                "train", "--data", "digits", "--arch", "cnn", "--epochs", "2", "--seed", "7", "--label-noise", "0.2", "--threads", threads, "--out", _folder[threads]);
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
        }

        foreach (string file in new[] { RunDirectory.ModelFile, RunDirectory.ScoresFile })
        {
            byte[] expected = File.ReadAllBytes(Path.Combine(_folder["1"], file));
            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(_folder["2"], file)));
            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(_folder["3"], file)));
        }
    }

    [Fact]
    public async Task Demo_finds_mislabelled_digits()
    {
        ToolRun run = await ToolRun.StartAsync("demo", "--out", _folder["demo"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        double[] areas = [.. Auroc().Matches(run.Output).Select(m => double.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture))];
        Assert.Equal(10, areas.Length);
        Assert.Equal(areas.OrderDescending(), areas);
        Assert.True(areas[0] >= 0.9, run.Output);
        Assert.True(File.Exists(Path.Combine(_folder["demo"], "report.html")));
    }

    [Fact]
    public async Task Curvature_prints_a_spectrum_and_draws_it()
    {
        ToolRun train = await ToolRun.StartAsync("train", "--data", "breast-cancer", "--arch", "logistic", "--epochs", "2", "--out", _folder["run"]);
        Assert.Equal((0, ""), (train.ExitCode, train.Error));
        string[] command = ["curvature", "--model", _folder["run/model.safetensors"], "--data", "breast-cancer", "--top", "3", "--steps", "62", "--trace-products", "186"];
        ToolRun text = await ToolRun.StartAsync([.. command, "--matrix", "hessian", "--out", _folder["density.svg"]]);
        Assert.Equal((0, ""), (text.ExitCode, text.Error));
        Assert.Contains("Hessian of the mean loss", text.Output, StringComparison.Ordinal);
        Assert.StartsWith("<svg", await File.ReadAllTextAsync(_folder["density.svg"]), StringComparison.Ordinal);

        // All steps and a sketch of full rank: eigenvalues and trace are exact, and for a linear model the Hessian is the Gauss-Newton matrix.
        ToolRun[] both = [await ToolRun.StartAsync([.. command, "--json"]), await ToolRun.StartAsync([.. command, "--json", "--matrix", "hessian"])];
        JsonElement[] reports = [.. both.Select(run => JsonDocument.Parse(run.Output).RootElement)];
        double[] traces = [.. reports.Select(r => r.GetProperty("trace").GetProperty("value").GetDouble())];
        Assert.Equal(62, reports[0].GetProperty("parameters").GetInt32());
        Assert.Equal(traces[0], traces[1], 1e-4 * traces[0]);
        Assert.Equal(3, reports[0].GetProperty("eigenvalues").GetArrayLength());
        double largest = reports[0].GetProperty("eigenvalues")[0].GetProperty("value").GetDouble();
        Assert.InRange(largest, traces[0] / 62, traces[0]);
        Assert.InRange(reports[0].GetProperty("eigenvalues")[0].GetProperty("residual").GetDouble(), 0, 1e-5 * largest);

        ToolRun wrong = await ToolRun.StartAsync([.. command, "--out", _folder["density.png"]]);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains(".svg", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_passes_reference_cases_and_prints_json()
    {
        string[] cases = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "mlp_*.safetensors");
        ToolRun text = await ToolRun.StartAsync(["verify", .. cases]);
        Assert.Equal((0, ""), (text.ExitCode, text.Error));
        Assert.Contains($"{cases.Length} of {cases.Length} cases passed", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not yet supported", text.Output, StringComparison.Ordinal);

        ToolRun json = await ToolRun.StartAsync(["verify", "--json", .. cases]);
        using JsonDocument document = JsonDocument.Parse(json.Output);
        Assert.All(document.RootElement.EnumerateArray(), report => Assert.True(report.GetProperty("passed").GetBoolean()));
    }

    [Fact]
    public async Task Verify_fails_on_a_wrong_expectation()
    {
        string source = Path.Combine(AppContext.BaseDirectory, "Golden", "mlp_relu.safetensors");
        byte[] bytes = File.ReadAllBytes(source);
        using (SafetensorsFile file = SafetensorsFile.Open(source))
        {
            // The top byte of the last expected logit: another sign and exponent.
            TensorEntry logits = file["expect.logits"];
            int data = 8 + (int)BitConverter.ToInt64(bytes, 0);
            bytes[data + logits.Offset + logits.ByteCount - 1] ^= 0x80;
        }

        ToolRun run = await ToolRun.StartAsync("verify", _folder.Write("wrong.safetensors", bytes));
        Assert.Equal(1, run.ExitCode);
        Assert.Matches(@"logits .* failed", run.Output);
        Assert.Contains("0 of 1 cases passed", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_run_leaves_nothing()
    {
        ToolRun run = await ToolRun.StartAsync(["train", "--data", "digits", "--epochs", "100000", "--out", _folder["run"]], cancelAt: "\n    2 ");
        Assert.Equal((130, $"kernelcore: cancelled{Environment.NewLine}"), (run.ExitCode, run.Error));
        Assert.Empty(_folder.Content);
    }

    private static IEnumerable<string> Inside(string folder, params string[] names) => names.Select(name => Path.Combine(folder, name));

    [GeneratedRegex(@"^ +[a-z0-9-]+ +([01]\.\d{4}) +[01]\.\d{4} ", RegexOptions.Multiline)]
    private static partial Regex Auroc();
}
