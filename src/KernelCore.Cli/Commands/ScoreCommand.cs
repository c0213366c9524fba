using System.CommandLine;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Scoring;
using Microsoft.Extensions.Logging;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore score</c>: scores every sample at the weights of a saved model.</summary>
internal static class ScoreCommand
{
    private static readonly ScoringOptions Defaults = new();

    public static Command Create(CommandRunner runner)
    {
        var model = new Option<string>("--model")
        {
            Description = "Model: a safetensors file of 'kernelcore train', or a PyTorch state dict with --arch.",
            HelpName = "FILE",
            Required = true,
        };
        Option<string> data = CommonOptions.Data();
        var architecture = new Option<string?>("--arch") { Description = "Layers of the model, when its file does not say.", HelpName = "FILE.json" };
        Option<DataPart> part = CommonOptions.Part("Part of the data to score.");
        var scores = new Option<string>("--scores")
        {
            Description = "Scores, comma separated: gwa, el2n, grand, loss, margin, entropy, confidence.",
            HelpName = "A,B,...",
            DefaultValueFactory = _ => string.Join(',', Defaults.Scores),
        };
        Option<GwaScope> scope = Choice.Option(
            "--gwa-scope", "Weights that gwa aligns with: the final layer's, each parameter's, or all.",
            ("head", GwaScope.Head), ("layer", GwaScope.PerLayer), ("model", GwaScope.FullModel));
        Option<ScoreMode> mode = CommonOptions.Mode();
        var device = new DeviceOptions();
        var output = new Option<string>("--out", "-o") { Description = "Where the scores go.", HelpName = "FILE.csv|.json", Required = true };

        var command = new Command("score", "Score every sample of a data set with a trained model.") { model, data, architecture, part, scores, scope, mode };
        device.AddTo(command);
        command.Add(output);
        command.SetAction(runner(invocation => Run(
            invocation,
            new Request(
                invocation.Get(model), invocation.Get(data), invocation.Get(part), invocation.Get(architecture), invocation.Get(output),
                new ScoringOptions
                {
                    Scores = [.. invocation.Get(scores).Split(',', StringSplitOptions.TrimEntries).Distinct()],
                    Scope = invocation.Get(scope),
                    Mode = invocation.Get(mode),
                }),
            device)).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, Request request, DeviceOptions deviceOptions)
    {
        ScoreTableWriter.CheckPath(request.Output);
        using Device device = deviceOptions.Open(invocation);
        using Network network = NetworkFile.Load(device, request.Model, request.Architecture is { } path ? Presets.Read(path) : null);
        Dataset data = invocation.Service<DatasetCatalog>().Load(request.Data).Of(request.Part);

        var scorer = new Scorer(network, invocation.Service<ILoggerFactory>().CreateLogger<Scorer>());
        ScoreTable table = ProgressBar.Run(
            invocation, $"scoring {data.Count} samples", progress => scorer.Score(data, request.Options, progress, invocation.Cancellation));
        ScoreTableWriter.Save(table, request.Output);
        ResultTables.WriteSummary(invocation.Console, table);
        invocation.Console.WriteRow($"scores of {table.Count} samples saved to {request.Output}");
        return ExitCode.Success;
    }

    private sealed record Request(string Model, string Data, DataPart Part, string? Architecture, string Output, ScoringOptions Options);
}
