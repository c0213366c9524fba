using KernelCore.Data;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Scoring;
using KernelCore.Training;

namespace KernelCore.Tests.Readme;

/// <summary>The README's C# example: the very lines below, compiled and run.</summary>
[Collection(SharedDevice.Collection)]
public sealed class ReadmeTests
{
    [Fact]
    public void First_ten_lines_run()
    {
        var output = new StringWriter();
        FirstTenLines(output);
        Assert.Matches(@"^best epoch \d+; AUM finds the wrong labels with AUROC 0\.9\d\d", output.ToString());
    }

    [Fact]
    public void Readme_shows_these_lines()
    {
        // both files are copied beside the assembly: source paths are not real ones in a deterministic build
        string folder = Path.Combine(AppContext.BaseDirectory, "Readme");
        string source = File.ReadAllText(Path.Combine(folder, "ReadmeTests.cs")).ReplaceLineEndings("\n");
        string[] lines = source.Split("// README\n")[1].Split("        // end\n")[0].Split('\n');
        string example = string.Join('\n', lines.Select(l => l.Length > 8 ? l[8..] : l)).Trim();
        string readme = File.ReadAllText(Path.Combine(folder, "README.md"));
        Assert.Contains($"```csharp\n{example}\n```", readme.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private static void FirstTenLines(TextWriter Console)
    {
        // README
        DataSplit digits = new DatasetCatalog().Load("digits");
        NoisyDataset noisy = LabelNoise.Apply(digits.Train, LabelNoiseKind.Symmetric, fraction: 0.1, seed: 1);

        using var network = new Network(CpuDevice.Shared, [new Flatten(), new Linear(64, 128), new ReLU(), new Linear(128, 10)], seed: 1);
        using var trainer = new Trainer(network, new TrainingOptions { Epochs = 20 });
        TrainingResult run = trainer.Fit(noisy.Dataset, digits.Test);

        ScoreColumn aum = run.Scores.Find("aum")!;
        double auroc = DetectionMetrics.Auroc(aum.Values, noisy.Flipped.AsSpan(), aum.Definition.Direction);
        Console.WriteLine($"best epoch {run.GwaEpoch}; AUM finds the wrong labels with AUROC {auroc:F3}");
        // end
    }
}
