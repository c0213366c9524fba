using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Models;
using KernelCore.Scoring;

namespace KernelCore.Torch.Tests;

/// <summary>The README's example of the adapter: the very lines below, compiled and run.</summary>
public sealed class ReadmeTests
{
    [TorchFact]
    public void Ten_lines_run()
    {
        var output = new StringWriter();
        TenLines(output);
        Assert.Matches(@"^mean GWA -?0\.\d{4}, largest influence \d", output.ToString());
    }

    [Fact]
    public void Readme_shows_these_lines()
    {
        // both files are copied beside the assembly: source paths are not real ones in a deterministic build
        string source = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "ReadmeTests.cs")).ReplaceLineEndings("\n");
        string[] lines = source.Split("// README\n")[1].Split("        // end\n")[0].Split('\n');
        string example = string.Join('\n', lines.Select(l => l.Length > 8 ? l[8..] : l)).Trim();
        string readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));
        Assert.Contains($"```csharp\n{example}\n```", readme.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private static void TenLines(TextWriter Console)
    {
        // README
        Dataset data = new DatasetCatalog().Load("digits").Test;
        using var module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10));
        using var model = new TorchModel(module);

        ScoreTable scores = new Scorer(model).Score(data, new ScoringOptions { Scores = ["gwa", "el2n", "grand"] });
        double[] influence = GradientProducts.GradDot(model).SelfInfluence(data);
        using var objective = new Objective(model, Loss.CrossEntropy, data, batchSize: 256);
        using EigenPairs sharpest = PowerIteration.Run(new HessianOperator(objective), pairs: 1);
        model.Parameters["3.bias"].Fill(0);   // edits the module itself
        Console.WriteLine($"mean GWA {scores.Find("gwa")!.Values.Average():F4}, largest influence {influence.Max():F1}, largest curvature {sharpest.Values[0]:F1}");
        // end
    }
}
