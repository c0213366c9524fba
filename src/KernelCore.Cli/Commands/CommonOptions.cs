using System.CommandLine;
using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Kernels;

namespace KernelCore.Cli.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommonOptions
{
    public static Option<string> Data()
    {
        string[] names = [.. DatasetCatalog.Descriptions.Select(set => set.Name)];
        var option = new Option<string>("--data")
        {
            Description = $"Data set: {string.Join(", ", names)}, a folder of IDX files, FILE.csv, FILE.csv.gz or FILE.safetensors.",
            HelpName = "NAME",
            Required = true,
        };
        option.CompletionSources.Add(names);
        return option;
    }

    /// <summary>A model file that says its own architecture.</summary>
    public static Option<string> Model() => new("--model") { Description = "Model: a safetensors file of 'kernelcore train'.", HelpName = "FILE", Required = true };

    public static Option<DataPart> Part(string description) => Choice.Option("--split", description, ("train", DataPart.Train), ("test", DataPart.Test));

    public static Option<CurvatureKind> Matrix(string description) => Choice.Option(
        "--matrix", description, ("ggn", CurvatureKind.GaussNewton), ("hessian", CurvatureKind.Hessian), ("fisher", CurvatureKind.EmpiricalFisher));

    public static Option<ScoreMode> Mode() => Choice.Option(
        "--mode", "Arithmetic of gwa and el2n: exact, or that of the reference implementation.",
        ("exact", ScoreMode.Exact), ("reference", ScoreMode.Reference));
}
