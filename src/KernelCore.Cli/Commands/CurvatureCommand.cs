using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using KernelCore.Cli.Output;
using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Reporting;
using Spectre.Console;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore curvature</c>: largest eigenvalues, trace and spectral density of a model's curvature.</summary>
internal static class CurvatureCommand
{
    private const int BatchSize = 512;

    private static readonly SpectrumOptions Defaults = new();

    public static Command Create(CommandRunner runner)
    {
        Option<string> model = CommonOptions.Model(), data = CommonOptions.Data();
        Option<DataPart> part = CommonOptions.Part("Part of the data whose mean loss is meant.");
        Option<CurvatureKind> matrix = CommonOptions.Matrix("Gauss-Newton matrix, Hessian, or empirical Fisher matrix.");
        Option<int> top = Choice.Count("--top", "Eigenvalues to show.", Defaults.Top);
        Option<int> steps = Choice.Count("--steps", "Lanczos steps for the eigenvalues, and for each probe of the density.", Defaults.Steps);
        Option<int> probes = Choice.Count("--probes", "Random starts of the density.", Defaults.Probes);
        Option<int> products = Choice.Number<int>("--trace-products", "N", "Products for the trace.", Defaults.TraceProducts, 3, int.MaxValue, "a whole number of at least 3");
        Option<ulong> seed = Choice.Seed("--seed", "Seed of the random vectors.", Defaults.Seed);
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var device = new DeviceOptions();
        var output = new Option<string?>("--out", "-o") { Description = "Where a chart of the density goes. [default: none]", HelpName = "FILE.svg" };
        var command = new Command("curvature", "Measure the curvature of the loss around a trained model.") { model, data, part, matrix, top, steps, probes, products, seed, json };
        device.AddTo(command);
        command.Add(output);
        command.SetAction(runner(invocation => Run(
            invocation,
            new Request(
                invocation.Get(model), invocation.Get(data), invocation.Get(part), invocation.Get(matrix), invocation.Get(json), invocation.Get(output),
                new SpectrumOptions
                {
                    Top = invocation.Get(top), Steps = invocation.Get(steps), Probes = invocation.Get(probes), TraceProducts = invocation.Get(products),
                    Seed = invocation.Get(seed),
                }),
            device)).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, Request request, DeviceOptions deviceOptions)
    {
        if (request.Chart is { } path && !path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
        {
            throw new KernelCoreException($"the chart goes to a .svg file, got '{path}'");
        }

        using Device device = deviceOptions.Open(invocation);
        using Network network = NetworkFile.Load(device, request.Model);
        Dataset data = invocation.Service<DatasetCatalog>().Load(request.Data).Of(request.Part);
        using var objective = new Objective(network, Loss.CrossEntropy, data, BatchSize);
        using CurvatureOperator matrix = CurvatureOperator.Of(request.Matrix, objective);
        SpectrumSummary spectrum = ProgressBar.Run(
            invocation, $"curvature on {data.Count} samples", progress => SpectrumSummary.Estimate(matrix, request.Options, progress, invocation.Cancellation));
        string name = request.Matrix switch
        {
            CurvatureKind.GaussNewton => "Gauss-Newton matrix",
            CurvatureKind.Hessian => "Hessian",
            _ => "empirical Fisher matrix",
        };
        if (request.Chart is { } chart)
        {
            SpectrumChart.Write(spectrum, $"{name}, {matrix.Dimension} parameters, {data.Count} samples of {request.Data}", chart);
        }

        if (request.Json)
        {
            var report = new CurvatureReport(
                request.Model, request.Data, data.Count, name, matrix.Dimension, spectrum.Trace, spectrum.Eigenvalues,
                [.. spectrum.Density.Grid().Select(p => new DensityPoint(p.X, p.Density))]);
            invocation.Console.Profile.Out.Writer.WriteLine(JsonSerializer.Serialize(report, CurvatureJson.Default.CurvatureReport));
            return ExitCode.Success;
        }

        Write(invocation.Console, request, name, data, matrix.Dimension, spectrum);
        return ExitCode.Success;
    }

    private static void Write(IAnsiConsole console, Request request, string name, Dataset data, int parameters, SpectrumSummary spectrum)
    {
        console.WriteRow($"{name} of the mean loss on {data.Count} samples of {request.Data}, {parameters} parameters");
        console.WriteRow(string.Create(
            CultureInfo.InvariantCulture, $"trace {spectrum.Trace.Value:G5}, standard error {spectrum.Trace.StandardError:G2}, from {spectrum.Trace.Products} products"));
        Table table = Tables.Create("largest eigenvalues", "off by at most");
        foreach (Eigenvalue eigenvalue in spectrum.Eigenvalues)
        {
            table.AddTextRow(
                string.Create(CultureInfo.InvariantCulture, $"{eigenvalue.Value:G6}"), string.Create(CultureInfo.InvariantCulture, $"{eigenvalue.Residual:0.0e-0}"));
        }

        console.Write(table);
        if (request.Chart is { } chart)
        {
            console.WriteRow($"density saved to {chart}");
        }
    }

    private sealed record Request(string Model, string Data, DataPart Part, CurvatureKind Matrix, bool Json, string? Chart, SpectrumOptions Options);
}

/// <summary>A point of the spectral density.</summary>
internal sealed record DensityPoint(double Eigenvalue, double Density);

/// <summary>What <c>kernelcore curvature --json</c> prints.</summary>
internal sealed record CurvatureReport(
    string Model, string Data, int Samples, string Matrix, int Parameters, TraceEstimate Trace, IReadOnlyList<Eigenvalue> Eigenvalues,
    IReadOnlyList<DensityPoint> Density);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(CurvatureReport))]
internal sealed partial class CurvatureJson : JsonSerializerContext;
