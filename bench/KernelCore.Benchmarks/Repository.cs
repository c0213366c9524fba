namespace KernelCore.Benchmarks;

/// <summary>Where files of this repository are.</summary>
internal static class Repository
{
    /// <summary>The folder with the solution, looked for upwards from the program.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>Outputs of the benchmarks; created on first use.</summary>
    public static string Artifacts => Directory.CreateDirectory(Path.Combine(Root, "artifacts", "bench")).FullName;

    private static string Find(string folder)
    {
        string? found = folder;
        while (found is not null && !File.Exists(Path.Combine(found, "KernelCore.sln")))
        {
            found = Path.GetDirectoryName(found);
        }

        return found ?? throw new DirectoryNotFoundException($"no KernelCore.sln above {folder}");
    }
}
