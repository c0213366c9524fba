using System.Collections.Immutable;
using System.CommandLine;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Runs;
using KernelCore.Scoring;
using Spectre.Console;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore memorize</c>: what training with and without each sample changes, by training many models.</summary>
internal static class MemorizeCommand
{
    private const int Shown = 10;
    private const string ScoresFile = "memorization.csv", InfluenceOnTest = "influence.safetensors";

    private static readonly ScoreDefinition Memorization = new(
        "memorization", "how much likelier the label is predicted by models trained on the sample than by models trained without it",
        "Pr[h(x) = y | trained with] - Pr[h(x) = y | trained without]", "arXiv 2008.03703", ScoreDirection.HigherIsSuspicious);

    private static readonly ScoreDefinition SelfInfluence = new(
        "self-influence", "how much training on the sample lowers its own loss", "E[loss | without] - E[loss | with]", "arXiv 2506.20481",
        ScoreDirection.HigherIsSuspicious);

    public static Command Create(CommandRunner runner)
    {
        var recipe = new RecipeOptions();
        Option<int> models = Choice.Count("--models", "Models to train.", 100);
        Option<double> fraction = Choice.Number<double>("--fraction", "F", "Fraction of the training samples in a subset.", 0.5, 0.01, 0.99, "a fraction in [0.01, 0.99]");
        Option<SubsetKind> subsets = Choice.Option(
            "--subsets", "Every sample drawn on its own, or subsets of equal size.", ("bernoulli", SubsetKind.Bernoulli), ("fixed", SubsetKind.FixedSize));
        Option<int> workers = Choice.Workers();
        var output = new Option<string>("--out", "-o")
        {
            Description = "Directory for a small file per model and the results; an interrupted study goes on there.",
            HelpName = "DIR",
            Required = true,
        };
        var command = new Command("memorize", "Train many models on subsets to measure what each training sample does.");
        recipe.AddTo(command);
        foreach (Option option in new Option[] { models, fraction, subsets, workers, output })
        {
            command.Add(option);
        }

        command.SetAction(runner(invocation => Run(
            invocation,
            new Request(
                recipe.Read(invocation), invocation.Get(models), invocation.Get(fraction), invocation.Get(subsets), invocation.Get(workers), invocation.Get(output)))).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, Request request)
    {
        using Device device = invocation.OpenDevice(Devices.Default);
        DataSplit data;
        ImmutableArray<bool> flipped;
        using (var run = new TrainingRun(request.Recipe, invocation.Service<DatasetCatalog>(), device))
        {
            (data, flipped) = (new DataSplit(run.Train, run.Test), run.Flipped);
        }

        SubsetMasks masks = SubsetMasks.Draw(request.Subsets, request.Models, data.Train.Count, request.Fraction, request.Recipe.Seed);
        var study = SubsetStudy.OfRecipe(data, masks, request.Recipe);
        SubsetStudyResult result = ProgressBar.Run(
            invocation, $"training {request.Models} models", progress => study.Run(request.Output, request.Workers, progress, invocation.Cancellation));

        var table = MemorizationTable.Of(data.Train.Labels, result, device);
        table.Save(Path.Combine(request.Output, ScoresFile));
        var top = new TopInfluences(data.Test.Count, data.Train.Count, Shown);
        InfluenceFile.Save(Path.Combine(request.Output, InfluenceOnTest), CounterfactualInfluence.OnAccuracy(masks, result.Test, device), top);
        Write(invocation.Console, request, data.Train, table);
        if (!flipped.IsDefault)
        {
            ScoreColumn[] columns = [new(Memorization.Name, Memorization, table.Memorization), new(SelfInfluence.Name, SelfInfluence, table.SelfInfluence)];
            ResultTables.WriteDetection(invocation.Console, new ScoreTable(data.Train.Labels, [], columns), flipped);
        }

        invocation.Console.WriteRow($"saved to {request.Output}");
        return ExitCode.Success;
    }

    private static void Write(IAnsiConsole console, Request request, Dataset train, MemorizationTable result)
    {
        console.WriteRow(
            $"{result.Memorization.Count(m => m >= MemorizationTable.Threshold)} of {train.Count} training samples are memorised (at least {MemorizationTable.Threshold}); "
            + $"standard error of an estimate at most {Math.Sqrt(CounterfactualInfluence.ErrorBound(request.Models, request.Fraction)):F2}");
        Table table = Tables.Create("most memorised", "label", "memorisation");
        foreach (int i in result.Most(Shown))
        {
            table.AddTextRow($"{i}", train.ClassNames[train.Labels[i]], $"{result.Memorization[i]:F3}");
        }

        console.Write(table);
        IReadOnlyList<IReadOnlyList<int>> groups = result.NearDuplicates();
        console.WriteRow($"{groups.Count} groups of near-duplicates{(groups.Count > 0 ? ": " : "")}{string.Join("; ", groups.Take(Shown).Select(g => string.Join(", ", g)))}");
    }

    private sealed record Request(RunOptions Recipe, int Models, double Fraction, SubsetKind Subsets, int Workers, string Output);
}
