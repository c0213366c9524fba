using System.CommandLine;
using System.Globalization;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Models;
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
        var train = new Option<string>("--train") { Description = "Data set whose training part taught the model.", HelpName = "NAME", Required = true };
        var test = new Option<string>("--test") { Description = "Data set whose test part is explained, or some of its samples.", HelpName = "NAME[:I|:I-J]", Required = true };
        Option<Method> method = Choice.Option(
            "--method", "How influence is measured.",
            ("tracin-last", Method.TracInLast), ("graddot", Method.GradDot), ("gradcos", Method.GradCos), ("tracin", Method.TracIn), ("trak", Method.Trak),
            ("logra", Method.LoGra), ("datainf", Method.DataInf));
        Option<int> size = Choice.Count("--projection", "Rows of each side of the projection of trak and logra, for every layer.", 16);
        Option<double> damping = Choice.Number<double>(
            "--damping", "D", "Damping of trak, logra and datainf, relative to the mean eigenvalue.", 0.1, 0, double.MaxValue, "a number of at least 0");
        Option<ulong> seed = Choice.Seed("--seed", "Seed of the projection.", 0);
        Option<int> top = Choice.Count("--top", "Strongest proponents and opponents to keep of every sample.", 10);
        var device = new DeviceOptions();
        var output = new Option<string>("--out", "-o") { Description = "Where the matrix [test x train] goes.", HelpName = "FILE.safetensors|.csv", Required = true };

        var command = new Command("influence", "Find the training samples that made a model predict what it predicts.") { model, rates, train, test, method, size, damping, seed, top };
        device.AddTo(command);
        command.Add(output);
        command.SetAction(runner(invocation => Run(
            invocation,
            new Request(
                invocation.Get(model), Rates(invocation.Get(rates), invocation.Get(model).Length), invocation.Get(train), SampleRange.Parse(invocation.Get(test)),
                invocation.Get(method), GradientProjection.Kronecker(invocation.Get(size), invocation.Get(size), invocation.Get(seed)), invocation.Get(damping),
                invocation.Get(top), invocation.Get(output)),
            device)).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, Request request, DeviceOptions deviceOptions)
    {
        InfluenceFile.CheckPath(request.Output);
        using Device device = deviceOptions.Open(invocation);
        var catalog = invocation.Service<DatasetCatalog>();
        DataSplit known = catalog.Load(request.Train);
        Dataset test = request.Test.Select(request.Test.Name == request.Train ? known.Test : catalog.Load(request.Test.Name).Test);
        using Network network = NetworkFile.Load(device, request.Models[0]);
        InfluenceMethod method = Create(request, device, network);
        var top = new TopInfluences(test.Count, known.Train.Count, request.Top);
        var metadata = new Dictionary<string, string>
        {
            ["method"] = method.Name, ["model"] = string.Join(", ", request.Models), ["train"] = request.Train, ["test"] = request.Test.Name,
            ["test_start"] = request.Test.First.ToString(CultureInfo.InvariantCulture),
        };
        ProgressBar.Run(invocation, $"{method.Name}: {test.Count} x {known.Train.Count} samples", progress =>
        {
            InfluenceFile.Save(request.Output, method.Compute(known.Train, test, progress, invocation.Cancellation), top, metadata);
            return true;
        });
        Write(invocation.Console, request, test, top);
        invocation.Console.WriteRow($"influences of {known.Train.Count} training samples on {test.Count} test samples saved to {request.Output}");
        return ExitCode.Success;
    }

    private static InfluenceMethod Create(Request request, Device device, Network network)
    {
        if (request.Models.Length > 1 && request.Method is not (Method.TracIn or Method.TracInLast or Method.Trak))
        {
            throw new KernelCoreException("several models go with --method tracin, tracin-last or trak");
        }

        Checkpoint[] checkpoints =
        [
            Checkpoint.Of(network, request.Rates[0]),
            .. request.Models.Zip(request.Rates).Skip(1).Select(pair => Checkpoint.File(device, pair.First, pair.Second)),
        ];
        return request.Method switch
        {
            Method.GradDot => GradientProducts.GradDot(network),
            Method.GradCos => GradientProducts.GradCos(network),
            Method.TracIn => GradientProducts.TracIn(checkpoints),
            Method.Trak => ProjectedInfluence.Trak(checkpoints, request.Projection, request.Damping),
            Method.LoGra => ProjectedInfluence.LoGra(network, request.Projection, request.Damping),
            Method.DataInf => new DataInf(network) { Damping = request.Damping },
            _ => GradientProducts.TracIn(checkpoints, GradientScope.Head),
        };
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

    private enum Method
    {
        TracInLast,
        GradDot,
        GradCos,
        TracIn,
        Trak,
        LoGra,
        DataInf,
    }

    private sealed record Request(
        string[] Models, double[] Rates, string Train, SampleRange Test, Method Method, GradientProjection Projection, double Damping, int Top, string Output);
}
