using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>NVIDIA's assembler, where PATH has it.</summary>
internal static partial class Ptxas
{
    public const string Missing = "there is no ptxas (CUDA 11.8 or newer) on PATH";

    private static readonly string? _file = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "ptxas.exe" : "ptxas")).FirstOrDefault(File.Exists);

    public static bool IsPresent => _file is not null;

    /// <summary>Such as 11.8.</summary>
    public static string Release() => ReleaseNumber().Match(Run("--version")).Groups[1].Value;

    /// <summary>Assembles modules of one kernel each.</summary>
    /// <exception cref="InvalidOperationException">It refuses one; the message is its own.</exception>
    public static KernelResources[] Assemble(IReadOnlyList<string> modules, string architecture)
    {
        string folder = Directory.CreateTempSubdirectory("kernelcore-ptx").FullName;
        try
        {
            string[] files = [.. modules.Select((_, i) => Path.Combine(folder, $"{i}.ptx"))];
            for (int i = 0; i < files.Length; i++)
            {
                // Files that are assembled together share one space of names.
                string module = modules[i].Replace(PtxCompiler.EntryName, Name(i), StringComparison.Ordinal).Replace("__shared_", $"shared_{i}_", StringComparison.Ordinal);
                File.WriteAllText(files[i], module);
            }

            string report = Run(["--verbose", "--compile-only", "--gpu-name", architecture, "--output-file", Path.Combine(folder, "kernels.o"), .. files]);
            return [.. modules.Select((_, i) => Parse(report, Name(i)))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static string Name(int i) => $"kernel_{i}_";
    }

    /// <summary>Reads the lines from "Compiling entry function 'name'" to the next kernel.</summary>
    private static KernelResources Parse(string report, string name)
    {
        int start = report.IndexOf($"entry function '{name}'", StringComparison.Ordinal), next = report.IndexOf("entry function", start + 1, StringComparison.Ordinal);
        string lines = next < 0 ? report[start..] : report[start..next];
        return new KernelResources(Total(RegisterCount()), Total(SharedCount()), Total(SpillCount()));

        int Total(Regex pattern) => pattern.Matches(lines).Sum(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    private static string Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(_file!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string report = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return process.ExitCode == 0 ? report : throw new InvalidOperationException(report);
    }

    [GeneratedRegex(@"release ([\d.]+)")]
    private static partial Regex ReleaseNumber();

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex RegisterCount();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex SharedCount();

    [GeneratedRegex(@"(\d+) bytes spill (?:stores|loads)")]
    private static partial Regex SpillCount();
}
