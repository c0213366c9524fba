using System.Globalization;
using KernelCore.Cli.Commands;
using KernelCore.Files;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Runs;

namespace KernelCore.Cli.Tests;

public sealed class InfluenceCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_method_writes_a_matrix()
    {
        string model = await Train();
        foreach (string method in MethodOptions.Names)
        {
            string path = _folder[$"{method}.safetensors"];
            ToolRun run = await ToolRun.StartAsync(
                "influence", "--model", model, "--train", "breast-cancer", "--test", "breast-cancer:3-5", "--method", method, "--projection", "3", "--top", "2", "--out", path);
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            Assert.Contains("on 3 test samples", run.Output, StringComparison.Ordinal);
            InfluenceMatrix matrix = InfluenceFile.Load(path);
            Assert.Equal(3, matrix.TestCount);
            Assert.All(matrix.Values, v => Assert.True(float.IsFinite(v)));
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.Equal((method, "3"), (file.Metadata["method"], file.Metadata["test_start"]));
            Assert.Equal(Shape.Of(3, 2), file["proponents.index"].Shape);
        }
    }

    [Fact]
    public async Task Self_influence_finds_wrong_labels()
    {
        foreach (string noise in new[] { "0", "0.1" })
        {
            string run = _folder[noise];
            await ToolRun.StartAsync("train", "--data", "digits", "--arch", "logistic", "--epochs", "20", "--label-noise", noise, "--out", run);
            ToolRun done = await ToolRun.StartAsync("self-influence", "--run", run, "--method", "graddot", "--out", _folder["self.csv"]);
            Assert.Equal((0, ""), (done.ExitCode, done.Error));
            Assert.Contains(noise == "0" ? "highest" : "self-influence (graddot)", done.Output, StringComparison.Ordinal);
            double[] self = [.. File.ReadLines(_folder["self.csv"]).Skip(1).Select(line => double.Parse(line.Split(',')[2], CultureInfo.InvariantCulture))];
            Assert.Equal(1438, self.Length);
            Assert.All(self, v => Assert.True(v > 0));
            if (noise != "0")
            {
                RunDirectory read = RunDirectory.Read(run);
                bool[] wrong = [.. read.TrueLabels.Zip(read.Scores.Labels, (truth, label) => truth != label)];
                Assert.True(AttributionMetrics.Mislabels(self, wrong).Auroc > 0.9);
            }
        }
    }

    [Fact]
    public async Task Checkpoints_add_up_by_rate()
    {
        string model = await Train();
        string[] common = ["influence", "--train", "breast-cancer", "--test", "breast-cancer:0-9", "--method", "tracin"];
        ToolRun one = await ToolRun.StartAsync([.. common, "--model", model, "--out", _folder["one.safetensors"]]);
        ToolRun two = await ToolRun.StartAsync([.. common, "--model", model, "--model", model, "--rates", "0.5,0.25", "--out", _folder["two.safetensors"]]);
        Assert.Equal((0, "", 0, ""), (one.ExitCode, one.Error, two.ExitCode, two.Error));
        float[] whole = InfluenceFile.Load(_folder["one.safetensors"]).Values, sum = InfluenceFile.Load(_folder["two.safetensors"]).Values;
        Assert.All(whole.Zip(sum), pair => Assert.Equal(0.75 * pair.First, pair.Second, 4 * 6e-8 * Math.Abs(pair.First)));
    }

    [Fact]
    public async Task Memorize_resumes_and_reports()
    {
        string[] command = ["memorize", "--data", "breast-cancer", "--epochs", "1", "--label-noise", "0.1", "--models", "4", "--out", _folder["study"]];
        ToolRun first = await ToolRun.StartAsync(command);
        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        Assert.Contains("are memorised", first.Output, StringComparison.Ordinal);
        Assert.Contains("self-influence", first.Output, StringComparison.Ordinal);
        string csv = await File.ReadAllTextAsync(_folder["study/memorization.csv"]);
        File.Delete(_folder["study/model-00002.safetensors"]);
        ToolRun second = await ToolRun.StartAsync([.. command, "--workers", "1"]);
        Assert.Equal(first.Output, second.Output);
        Assert.Equal(csv, await File.ReadAllTextAsync(_folder["study/memorization.csv"]));

        ToolRun other = await ToolRun.StartAsync([.. command, "--seed", "5"]);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("another study", other.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no sample 100000", "--test", "breast-cancer:0-100000", "--out", "x.safetensors")]
    [InlineData("ends before it starts", "--test", "breast-cancer:5-2", "--out", "x.safetensors")]
    [InlineData("--rates takes a number", "--test", "breast-cancer", "--out", "x.safetensors", "--rates", "1,2")]
    [InlineData("--method takes ekfac, kfac, if-cg", "--test", "breast-cancer", "--method", "magic", "--out", "x.csv")]
    [InlineData("not positive definite", "--test", "breast-cancer", "--method", "if-dense", "--damping", "0", "--out", "x.csv")]
    [InlineData("go with --method tracin", "--test", "breast-cancer", "--model", "another.safetensors", "--out", "x.csv")]
    [InlineData("go to a .safetensors or .csv file", "--test", "breast-cancer", "--out", "x.txt")]
    public async Task Bad_input_is_one_line(string expected, params string[] arguments)
    {
        string model = await Train();
        ToolRun run = await ToolRun.StartAsync(["influence", "--model", model, "--train", "breast-cancer", .. arguments]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lds_ranks_methods_and_resumes()
    {
        string[] command =
        [
            "lds", "--data", "breast-cancer", "--arch", "logistic", "--epochs", "2", "--subsets", "4", "--seeds", "2", "--methods", "if-dense,tracin", "--checkpoints", "5",
            "--out", _folder["lds"],
        ];
        ToolRun first = await ToolRun.StartAsync(command);
        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        Assert.Equal(8, Directory.GetFiles(_folder["lds"], "model-*").Length);
        string[] scores = [.. File.ReadLines(_folder["lds/lds.csv"]).Select(line => line[..line.LastIndexOf(',')])];
        Assert.Equal(["method,lds,low,high", "if-dense", "tracin"], [scores[0], .. scores[1..].Select(line => line[..line.IndexOf(',', StringComparison.Ordinal)])]);
        File.Delete(_folder["lds/model-00005.safetensors"]);
        ToolRun second = await ToolRun.StartAsync([.. command, "--workers", "1"]);
        Assert.Equal((0, ""), (second.ExitCode, second.Error));
        Assert.Equal(scores, File.ReadLines(_folder["lds/lds.csv"]).Select(line => line[..line.LastIndexOf(',')]));

        ToolRun unknown = await ToolRun.StartAsync("lds", "--data", "breast-cancer", "--methods", "tracin,magic", "--out", _folder["other"]);
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("--methods takes a list of", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_study_goes_on_with_the_same_numbers()
    {
        string[] command = ["memorize", "--data", "breast-cancer", "--epochs", "40", "--models", "60", "--workers", "1", "--out"];
        ToolRun whole = await ToolRun.StartAsync([.. command, _folder["whole"]]);
        ToolRun cancelled = await ToolRun.StartAsync([.. command, _folder["part"]], () => Directory.Exists(_folder["part"]) && Directory.GetFiles(_folder["part"]).Length >= 2);
        Assert.Equal((130, $"kernelcore: cancelled{Environment.NewLine}"), (cancelled.ExitCode, cancelled.Error));
        Assert.InRange(Directory.GetFiles(_folder["part"]).Length, 2, 59);
        ToolRun resumed = await ToolRun.StartAsync([.. command, _folder["part"]]);
        Assert.Equal((0, 0), (whole.ExitCode, resumed.ExitCode));
        Assert.Equal(whole.Output.Replace(_folder["whole"], _folder["part"], StringComparison.Ordinal), resumed.Output);
        foreach (string file in new[] { "memorization.csv", "influence.safetensors" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["whole"], file)), File.ReadAllBytes(Path.Combine(_folder["part"], file)));
        }
    }

    [Fact]
    public async Task The_report_of_a_run_shows_its_influences_and_memorised_samples()
    {
        string[] recipe = ["--data", "digits", "--epochs", "1", "--label-noise", "0.1"];
        string run = _folder["run"];
        string[][] commands =
        [
            ["train", .. recipe, "--out", run],
            ["influence", "--model", Path.Combine(run, "model.safetensors"), "--train", run, "--test", "digits:4-6", "--method", "tracin-last", "--out", Path.Combine(run, "influence.safetensors")],
            ["memorize", .. recipe, "--models", "4", "--out", Path.Combine(run, "memorize")],
            ["report", "--run", run],
        ];
        foreach (string[] command in commands)
        {
            ToolRun done = await ToolRun.StartAsync(command);
            Assert.Equal((0, ""), (done.ExitCode, done.Error));
        }

        string page = await File.ReadAllTextAsync(Path.Combine(run, "report.html"));
        Assert.Contains("by tracin-last.", page, StringComparison.Ordinal);
        Assert.Contains("id=\"memorization\"", page, StringComparison.Ordinal);

        // The labels of the run, noise included, are not those of the data set: influences differ.
        string clean = _folder["clean.safetensors"];
        await ToolRun.StartAsync([.. commands[1][..3], "--train", "digits", .. commands[1][5..^1], clean]);
        Assert.NotEqual(InfluenceFile.Load(commands[1][^1]).Values, InfluenceFile.Load(clean).Values);

        await ToolRun.StartAsync("memorize", "--data", "digits", "--epochs", "1", "--models", "4", "--out", _folder["other"]);
        File.Copy(_folder["other/memorization.csv"], Path.Combine(run, "memorize/memorization.csv"), overwrite: true);
        ToolRun refused = await ToolRun.StartAsync(commands[3]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("its labels are not those of the run", refused.Error, StringComparison.Ordinal);
    }

    private async Task<string> Train()
    {
        ToolRun run = await ToolRun.StartAsync("train", "--data", "breast-cancer", "--arch", "logistic", "--epochs", "1", "--out", _folder["run"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return _folder["run/model.safetensors"];
    }
}
