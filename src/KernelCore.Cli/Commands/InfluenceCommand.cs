using System.CommandLine;
using System.Globalization;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Runs;
using Spectre.Console;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore influence</c>: which training samples speak for and against each test sample.</summary>
internal static class InfluenceCommand
{
    private const int ShownTests = 5, ShownSamples = 3;

    public static Command Create(CommandRunner runner)
    {
        var model = new Option<string[]>("--model")
        {
            Description = "Model file, several for the checkpoints of tracin and trak.",
            HelpName = "FILE",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var rates = new Option<string>("--rates") { Description = "Learning rate of each model, comma separated, for tracin. [default: 1 each]", HelpName = "A,B,..." };
        var train = new Option<string>("--train") { Description = "Data set whose training part taught the model, or the directory of the run, whose labels then count with their noise.", HelpName = "NAME|DIR", Required = true };
        var test = new Option<string>("--test") { Description = "Data set whose test part is explained, or some of its samples.", HelpName = "NAME[:I|:I-J]", Required = true };
        var method = new MethodOptions();
        Option<string> name = MethodOptions.Method();
        Option<int> top = Choice.Count("--top", "Strongest proponents and opponents to keep of every sample.", 10);
        var device = new DeviceOptions();
        var output = new Option<string>("--out", "-o") { Description = "Where the matrix [test x train] goes.", HelpName = "FILE.safetensors|.csv", Required = true };

        var command = new Command("influence", "Find the training samples that made a model predict what it predicts.") { model, rates, train, test, name, top };
        method.AddTo(command);
        device.AddTo(command);
        command.Add(output);
        command.SetAction(runner(invocation => Run(
            invocation,
            new Request(
                invocation.Get(model), Rates(invocation.Get(rates), invocation.Get(model).Length), invocation.Get(train), SampleRange.Parse(invocation.Get(test)),
                invocation.Get(name), invocation.Get(top), invocation.Get(output)),
            method, device)).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, Request request, MethodOptions options, DeviceOptions deviceOptions)
    {
        InfluenceFile.CheckPath(request.Output);
        if (request.Models.Length > 1 && !MethodOptions.TakesSeveral(request.Method))
        {
            throw new KernelCoreException("several models go with --method tracin, tracin-last or trak");
        }

        using Device device = deviceOptions.Open(invocation);
        var catalog = invocation.Service<DatasetCatalog>();
        Dataset train = RunDirectory.Exists(request.Train) ? RunDirectory.Read(request.Train).LoadTrainingSamples(catalog) : catalog.Load(request.Train).Train;
        Dataset test = request.Test.Select(catalog.Load(request.Test.Name).Test);
        using Network network = NetworkFile.Load(device, request.Models[^1]);
        Checkpoint[] checkpoints =
        [
            .. request.Models.Zip(request.Rates).SkipLast(1).Select(pair => Checkpoint.File(device, pair.First, pair.Second)),
            Checkpoint.Of(network, request.Rates[^1]),
        ];
        InfluenceMethod method = options.Create(invocation, request.Method, network, checkpoints);
        var top = new TopInfluences(test.Count, train.Count, request.Top);
        var metadata = new Dictionary<string, string>
        {
            ["method"] = method.Name, ["model"] = string.Join(", ", request.Models), ["train"] = request.Train, ["test"] = request.Test.Name,
            ["test_start"] = request.Test.First.ToString(CultureInfo.InvariantCulture),
        };
        ProgressBar.Run(invocation, $"{method.Name}: {test.Count} x {train.Count} samples", progress =>
        {
            InfluenceFile.Save(request.Output, method.Compute(train, test, progress, invocation.Cancellation), top, metadata);
            return true;
        });
        Write(invocation.Console, request, test, top);
        if (method is InfluenceFunction { LargestResidual: > 0 and var residual })
        {
            invocation.Console.WriteRow(string.Create(CultureInfo.InvariantCulture, $"largest relative residual of a solve: {residual:0.0e-0}"));
        }

        invocation.Console.WriteRow($"influences of {train.Count} training samples on {test.Count} test samples saved to {request.Output}");
        return ExitCode.Success;
    }

    private static double[] Rates(string? text, int models)
    {
        if (string.IsNullOrEmpty(text))
        {
            return [.. Enumerable.Repeat(1.0, models)];
        }

        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        double[] rates = [.. parts.Select(p => double.TryParse(p, NumberStyles.Float, CultureInfo.InvariantCulture, out double rate) ? rate : double.NaN)];
        return rates.Length == models && Array.TrueForAll(rates, double.IsFinite)
            ? rates
            : throw new KernelCoreException($"--rates takes a number for each of the {models} models, got '{text}'");
    }

    private static void Write(IAnsiConsole console, Request request, Dataset test, TopInfluences top)
    {
        Table table = Tables.Create("test sample", "label", "proponents", "opponents");
        for (int t = 0; t < Math.Min(ShownTests, test.Count); t++)
        {
            table.AddTextRow(
                string.Create(CultureInfo.InvariantCulture, $"{request.Test.First + t}"), test.ClassNames[test.Labels[t]], List(top.Proponents(t)), List(top.Opponents(t)));
        }

        console.Write(table);
    }

    private static string List(IReadOnlyList<RankedInfluence> ranked) =>
        string.Join("  ", ranked.Take(ShownSamples).Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Index} ({r.Value:G3})")));

    private sealed record Request(string[] Models, double[] Rates, string Train, SampleRange Test, string Method, int Top, string Output);
}
