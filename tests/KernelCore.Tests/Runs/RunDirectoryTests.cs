using System.Collections.Immutable;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Runs;
using KernelCore.Scoring;
using KernelCore.Training;

namespace KernelCore.Tests.Runs;

[Collection(SharedDevice.Collection)]
public sealed class RunDirectoryTests : IDisposable
{
    private static readonly ImmutableArray<int> Truth = [0, 1, 1];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kernelcore-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_is_written_is_read_back()
    {
        string path = Path.Combine(_folder.FullName, "run");
        Commit(path);

        RunDirectory run = RunDirectory.Read(path);
        RunHistory expected = History();
        Assert.Equal(expected.Options, run.History.Options);
        Assert.Equal(expected.Picks, run.History.Picks);
        Assert.Equal(expected.Epochs, run.History.Epochs);
        Assert.Equal<int>(Truth, run.TrueLabels);
        Assert.Equal<int>(Scores().Labels, run.Scores.Labels);
        Assert.Equal<int>(Scores().Predictions, run.Scores.Predictions);
        Assert.Equal(Scores().Columns.Select(c => (c.Name, c.Definition)), run.Scores.Columns.Select(c => (c.Name, c.Definition)));
        Assert.Equal(Scores().Columns.SelectMany(c => c.Values), run.Scores.Columns.SelectMany(c => c.Values));
        Assert.Equal(["history.json", "model.safetensors", "scores.csv"], Directory.GetFileSystemEntries(path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_run_replaces_an_earlier_one_and_spares_other_files()
    {
        string path = Path.Combine(_folder.FullName, "run");
        Commit(path);
        File.WriteAllText(Path.Combine(path, "scores.csv"), "old");
        File.WriteAllText(Path.Combine(path, "notes.txt"), "mine");
        Commit(path);
        Assert.Equal(3, RunDirectory.Read(path).Scores.Count);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(path, "notes.txt")));
        Assert.Equal(4, Directory.GetFileSystemEntries(path).Length);
    }

    [Fact]
    public void Without_a_commit_nothing_remains()
    {
        string path = Path.Combine(_folder.FullName, "run");
        new RunWriter(path).Dispose();
        Assert.False(Directory.Exists(path));

        Directory.CreateDirectory(path);
        new RunWriter(path).Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(path));
    }

    [Fact]
    public void A_failed_commit_leaves_the_earlier_run()
    {
        string path = Path.Combine(_folder.FullName, "run");
        Commit(path);
        DateTime[] before = Times(path);
        using (var writer = new RunWriter(path))
        using (Network network = NewNetwork())
        {
            Assert.Throws<ArgumentException>(() => writer.Commit(network, History(), Scores(), trueLabels: [0]));
        }

        Assert.Equal(before, Times(path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("index,label,prediction,sausage\n0,1,1,2\n")]
    [InlineData("index,label,prediction,loss\n0,1,1\n")]
    [InlineData("index,label,prediction,loss\n0,1,1,high\n")]
    [InlineData("index,label,loss\n0,1,1\n")]
    public void Tables_that_are_none_are_refused(string text)
    {
        string path = Path.Combine(_folder.FullName, "scores.csv");
        File.WriteAllText(path, text);
        var error = Assert.Throws<InvalidDataFileException>(() => ScoreTableReader.ReadCsv(path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
    }

    private static DateTime[] Times(string path) => [.. Directory.GetFiles(path).Order().Select(File.GetLastWriteTimeUtc)];

    private static void Commit(string path)
    {
        using var writer = new RunWriter(path);
        using Network network = NewNetwork();
        writer.Commit(network, History(), Scores(), Truth);
    }

    private static Network NewNetwork() => new(CpuDevice.Shared, [new Linear(2, 2)]);

    private static ScoreTable Scores() => new([0, 1, 0], [1, 1, 0],
    [
        new ScoreColumn("loss", ScoreCatalogue.Loss, [double.NaN, double.PositiveInfinity, 0.1f]),
        new ScoreColumn("gwa:0.weight", ScoreCatalogue.Gwa, [double.NegativeInfinity, double.Epsilon, -1.0 / 3]),
    ]);

    private static RunHistory History() => new(
        "1.2.3", "cpu",
        new RunOptions { Data = "digits", Architecture = "mlp", Seed = ulong.MaxValue, LabelNoise = 0.1, Schedule = ScheduleKind.Step, ScoreMode = ScoreMode.Reference },
        3, 2, 1,
        [
            new EpochRecord(1, 0.1, double.NaN, 0.5, null, null, null, 0, 1e5),
            new EpochRecord(2, 0.1, 1 / 3.0, 0.5, 0.25, 1, new GwaEpoch(2, 3, 0.1, 0.2, -1.2, double.PositiveInfinity, GwaStatus.NearPole), 2, 1e5),
        ],
        new StopperPicks(2, null));
}
