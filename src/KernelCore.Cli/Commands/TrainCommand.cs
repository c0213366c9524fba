using System.CommandLine;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Runs;
using KernelCore.Training;
using Microsoft.Extensions.Logging;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore train</c>: trains a classifier and saves model, history and scores.</summary>
internal static class TrainCommand
{
    public static Command Create(CommandRunner runner)
    {
        var recipe = new RecipeOptions();
        var extras = new Option<string>("--with")
        {
            Description = "More scores, comma separated: self-influence (TracIn over five checkpoints), lsi (Laplace sample information of the trained features).",
            HelpName = "A,B",
        };
        var device = new DeviceOptions();
        var output = new Option<string>("--out", "-o")
        {
            Description = $"Directory for {RunDirectory.ModelFile}, {RunDirectory.HistoryFile} and {RunDirectory.ScoresFile}.",
            HelpName = "DIR",
            Required = true,
        };
        var command = new Command("train", "Train a classifier, and score every training sample on the way.");
        recipe.AddTo(command);
        command.Add(extras);
        device.AddTo(command);
        command.Add(output);
        command.SetAction(runner(invocation => Run(
            invocation, recipe.Read(invocation) with { Extras = Parse(invocation.Get(extras)) }, device, invocation.Get(output))).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, RunOptions options, DeviceOptions deviceOptions, string directory)
    {
        using Device device = deviceOptions.Open(invocation);
        using var run = new TrainingRun(options, invocation.Service<DatasetCatalog>(), device, invocation.Service<ILoggerFactory>());
        using var writer = new RunWriter(directory);
        TrainingResult result = TrainingDisplay.Run(invocation, run, options.Epochs);
        writer.Commit(run.Network, run.Describe(result), result.Scores, run.TrueLabels);
        ResultTables.WritePicks(invocation.Console, result);
        if (!run.Flipped.IsDefault)
        {
            ResultTables.WriteDetection(invocation.Console, result.Scores, run.Flipped);
        }

        invocation.Console.WriteRow($"saved to {directory}");
        return ExitCode.Success;
    }

    private static ExtraScores Parse(string? names) => (names ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Aggregate(ExtraScores.None, (all, name) => all | name switch
        {
            "self-influence" => ExtraScores.SelfInfluence,
            "lsi" => ExtraScores.Lsi,
            _ => throw new KernelCoreException($"--with takes self-influence and lsi, got '{name}'"),
        });
}
