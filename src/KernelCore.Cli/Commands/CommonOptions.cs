using System.CommandLine;
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

    public static Option<ScoreMode> Mode() => Choice.Option(
        "--mode", "Arithmetic of gwa and el2n: exact, or that of the reference implementation.",
        ("exact", ScoreMode.Exact), ("reference", ScoreMode.Reference));
}
