using System.CommandLine;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Runs;
using KernelCore.Training;
using Microsoft.Extensions.Logging;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore demo</c>: finds mislabelled digits.</summary>
internal static class DemoCommand
{
    private static readonly RunOptions Recipe = new()
    {
        Data = "digits",
        Architecture = "cnn",
        Epochs = 30,
        BatchSize = 32,
        Optimizer = OptimizerKind.AdamW,
        Schedule = ScheduleKind.Cosine,
        LabelNoise = 0.1,
        NoiseKind = LabelNoiseKind.Symmetric,
    };

    public static Command Create(CommandRunner runner)
    {
        var output = new Option<string>("--out", "-o")
        {
            Description = "Directory for the run and its report.",
            HelpName = "DIR",
            DefaultValueFactory = _ => Path.Combine("artifacts", "demo"),
        };
        var device = new DeviceOptions();
        var command = new Command("demo", "Mislabel 10 % of the digits data, train on them, and find them again.") { output };
        device.AddTo(command);
        command.SetAction(runner(invocation => Run(invocation, device, invocation.Get(output))).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, DeviceOptions deviceOptions, string directory)
    {
        using Device device = deviceOptions.Open(invocation);
        using var run = new TrainingRun(Recipe, invocation.Service<DatasetCatalog>(), device, invocation.Service<ILoggerFactory>());
        using var writer = new RunWriter(directory);
        invocation.Console.WriteRow(
            $"{run.Train.Count} images of digits, {run.Flipped.Count(flipped => flipped)} of them with a wrong label; {run.Test.Count} held out with clean labels.");
        TrainingResult result = TrainingDisplay.Run(invocation, run, Recipe.Epochs);
        writer.Commit(run.Network, run.Describe(result), result.Scores, run.TrueLabels);
        ResultTables.WritePicks(invocation.Console, result);
        ResultTables.WriteDetection(invocation.Console, result.Scores, run.Flipped);
        string report = Path.Combine(directory, RunReport.FileName);
        RunReport.Write(RunDirectory.Read(directory), invocation.Service<DatasetCatalog>(), report);
        invocation.Console.WriteRow($"run saved to {directory}");
        invocation.Console.WriteRow($"report: {report}");
        return ExitCode.Success;
    }
}
