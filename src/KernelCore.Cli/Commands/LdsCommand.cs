using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Files;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Runs;
using Spectre.Console;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore lds</c>: how well influence methods predict what models trained on subsets do.</summary>
internal static class LdsCommand
{
    private const string ResultFile = "lds.csv";

    public static Command Create(CommandRunner runner)
    {
        var recipe = new RecipeOptions();
        var method = new MethodOptions();
        var methods = new Option<string>("--methods")
        {
            Description = "Influence methods, comma separated.", HelpName = "A,B,...", DefaultValueFactory = _ => string.Join(',', MethodOptions.Names),
        };
        Option<int> subsets = Choice.Number<int>("--subsets", "N", "Random halves of the training data.", 100, 2, int.MaxValue, "a whole number of at least 2");
        Option<int> seeds = Choice.Count("--seeds", "Models to train and average per subset.", 1);
        Option<int> checkpoints = Choice.Count("--checkpoints", "Moments of the training for tracin and tracin-last.", 5);
        Option<int> workers = Choice.Workers();
        var output = new Option<string>("--out", "-o")
        {
            Description = $"Directory for a small file per model and {ResultFile}; an interrupted benchmark goes on there.", HelpName = "DIR", Required = true,
        };
        var command = new Command("lds", "Measure by retraining how well influence methods predict: the linear datamodeling score.");
        recipe.AddTo(command);
        method.AddTo(command);
        foreach (Option option in new Option[] { methods, subsets, seeds, checkpoints, workers, output })
        {
            command.Add(option);
        }

        command.SetAction(runner(invocation => Run(
            invocation,
            new Request(
                recipe.Read(invocation), Names(invocation.Get(methods)), invocation.Get(subsets), invocation.Get(seeds), invocation.Get(checkpoints),
                invocation.Get(workers), invocation.Get(output)),
            method)).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, Request request, MethodOptions options)
    {
        using Device device = invocation.OpenDevice(Devices.Default);
        DataSplit data;
        using (var run = new TrainingRun(request.Recipe, invocation.Service<DatasetCatalog>(), device))
        {
            data = new DataSplit(run.Train, run.Test);
        }

        var benchmark = new AttributionBenchmark(data, request.Recipe, request.Subsets, request.Seeds);
        float[] outputs = ProgressBar.Run(
            invocation, $"training {request.Subsets} x {request.Seeds} models",
            progress => benchmark.Retrain(request.Output, request.Workers, progress, invocation.Cancellation));
        (Network model, IReadOnlyList<Checkpoint> checkpoints) = benchmark.Train(
            request.Output, device, Math.Min(request.Checkpoints, request.Recipe.Epochs), invocation.Cancellation);
        using Network trained = model;
        Table table = Tables.Create("method", "LDS", "95 % interval", "seconds");
        var csv = new StringBuilder("method,lds,low,high,seconds\n");
        foreach (string name in request.Methods)
        {
            bool overTime = name is "tracin" or "tracin-last";
            InfluenceMethod method = options.Create(invocation, name, trained, overTime ? checkpoints : [Checkpoint.Of(trained)]);
            long started = Stopwatch.GetTimestamp();
            CorrelationResult score = ProgressBar.Run(invocation, name, progress => benchmark.Score(method, outputs, device, progress, invocation.Cancellation));
            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            csv.Append(CultureInfo.InvariantCulture, $"{name},{score.Mean:R},{score.Low:R},{score.High:R},{seconds:F2}\n");
            table.AddTextRow(
                name, string.Create(CultureInfo.InvariantCulture, $"{score.Mean:F3}"),
                string.Create(CultureInfo.InvariantCulture, $"{score.Low:F3} to {score.High:F3}"), string.Create(CultureInfo.InvariantCulture, $"{seconds:F1}"));
        }

        AtomicFile.WriteText(Path.Combine(request.Output, ResultFile), csv.ToString());
        invocation.Console.Write(table);
        invocation.Console.WriteRow($"saved to {request.Output}");
        return ExitCode.Success;
    }

    private static string[] Names(string list)
    {
        string[] names = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string? unknown = names.FirstOrDefault(name => !MethodOptions.Names.Contains(name));
        return unknown is null && names.Length > 0
            ? names
            : throw new KernelCoreException($"--methods takes a list of {string.Join(", ", MethodOptions.Names)}, got '{list}'");
    }

    private sealed record Request(RunOptions Recipe, string[] Methods, int Subsets, int Seeds, int Checkpoints, int Workers, string Output);
}
