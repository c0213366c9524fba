using System.CommandLine;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.LeaveOneOut;
using KernelCore.Models;
using KernelCore.Runs;
using KernelCore.Scoring;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore lsi</c>: what a linear probe on a model's features, or on the data themselves, loses with each sample.</summary>
internal static class LsiCommand
{
    private static readonly DescentOptions Defaults = new();

    public static Command Create(CommandRunner runner)
    {
        var run = new Option<string?>("--run") { Description = "Run of 'kernelcore train': features of its model, and its labels with their noise.", HelpName = "DIR" };
        Option<string> data = CommonOptions.Data();
        data.Required = false;
        var model = new Option<string?>("--model") { Description = "Model whose features are probed; without one the data as they are.", HelpName = "FILE" };
        Option<LeaveOneOutMethod> method = Choice.Option(
            "--method", "How the probe without a sample is found: one Newton step, Newton to the minimum, gradient descent, or gradient descent to first order (IACV).",
            ("one-step", LeaveOneOutMethod.NewtonStep), ("newton", LeaveOneOutMethod.Newton), ("retraining", LeaveOneOutMethod.Retraining),
            ("iterative", LeaveOneOutMethod.Iterative));
        Option<PosteriorStructure> posterior = Choice.Option(
            "--posterior", "Structure of the posterior precision.",
            ("full", PosteriorStructure.Full), ("kron", PosteriorStructure.Kronecker), ("diag", PosteriorStructure.Diagonal));
        Option<double> prior = Choice.Number<double>("--prior", "T", "Prior precision.", 1, double.Epsilon, double.MaxValue, "a positive number");
        Option<int> epochs = Choice.Count("--epochs", "Steps of retraining and iterative, each on all samples.", Defaults.Epochs);
        Option<double> rate = Choice.Number<double>(
            "--lr", "RATE", "Learning rate of retraining and iterative.", Defaults.LearningRate, double.Epsilon, double.MaxValue, "a positive number");
        Option<int> check = Choice.Number<int>(
            "--check", "N", "Samples that are refitted to measure the error of one-step.", new LsiOptions().Checked, 0, int.MaxValue, "a whole number of at least 0");
        var device = new DeviceOptions();
        var output = new Option<string>("--out", "-o") { Description = "Where the scores go.", HelpName = "FILE.csv|.json", Required = true };

        var command = new Command("lsi", "Laplace sample information: leave every sample out of a linear probe.") { run, data, model, method, posterior, prior, epochs, rate, check };
        device.AddTo(command);
        command.Add(output);
        command.SetAction(runner(invocation => Run(
            invocation,
            new Request(invocation.Get(run), invocation.Get(data), invocation.Get(model), invocation.Get(output)),
            new LsiOptions
            {
                Method = invocation.Get(method),
                Posterior = invocation.Get(posterior),
                PriorPrecision = invocation.Get(prior),
                Checked = invocation.Get(check),
                Training = Defaults with { Epochs = invocation.Get(epochs), LearningRate = invocation.Get(rate) },
            },
            device)).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, Request request, LsiOptions options, DeviceOptions deviceOptions)
    {
        ScoreTableWriter.CheckPath(request.Output);
        if (request.Run is null == request.Data is null || (request.Run is not null && request.Model is not null))
        {
            throw new KernelCoreException("lsi takes --run DIR, or --data NAME with or without --model FILE");
        }

        using Device device = deviceOptions.Open(invocation);
        var catalog = invocation.Service<DatasetCatalog>();
        RunDirectory? run = request.Run is { } path ? RunDirectory.Read(path) : null;
        Dataset data = run?.LoadTrainingSamples(catalog) ?? catalog.Load(request.Data!).Train;
        Dataset features = (run?.ModelPath ?? request.Model) is { } file ? Features(device, file, data, invocation.Cancellation) : data;
        LsiResult result = ProgressBar.Run(
            invocation, $"leaving out {data.Count} samples", progress => LaplaceSampleInformation.Compute(features, device, options, progress, invocation.Cancellation));

        var table = new ScoreTable(data.Labels, [.. result.Predictions],
        [
            new ScoreColumn(ScoreCatalogue.Lsi.Name, ScoreCatalogue.Lsi, result.Information),
            new ScoreColumn(ScoreCatalogue.LeftOutLoss.Name, ScoreCatalogue.LeftOutLoss, result.LeftOutLosses),
        ]);
        ScoreTableWriter.Save(table, request.Output, run?.TrueLabels ?? default);
        ResultTables.WriteSummary(invocation.Console, table);
        if (result.StepError is { } error)
        {
            invocation.Console.WriteRow($"one Newton step against the minimum, {error.Samples} samples: relative error {error.Median:P2} median, {error.Largest:P2} at most");
        }

        if (run is { TrueLabels.IsDefault: false })
        {
            ResultTables.WriteDetection(invocation.Console, table, [.. data.Labels.Zip(run.TrueLabels, (label, truth) => label != truth)]);
        }

        invocation.Console.WriteRow($"scores of {table.Count} samples saved to {request.Output}");
        return ExitCode.Success;
    }

    private static Dataset Features(Device device, string model, Dataset data, CancellationToken cancellationToken)
    {
        using Network network = NetworkFile.Load(device, model);
        return HeadFeatures.Extract(network, data, cancellationToken);
    }

    private sealed record Request(string? Run, string? Data, string? Model, string Output);
}
