namespace KernelCore.Benchmarks;

/// <summary>Resident memory of this process as Linux counts it.</summary>
internal static class ProcessMemory
{
    private const string Status = "/proc/self/status", ClearReferences = "/proc/self/clear_refs";

    /// <summary>Whether the system tells.</summary>
    public static bool Available => File.Exists(Status) && File.Exists(ClearReferences);

    /// <summary>Resident bytes now.</summary>
    public static long Resident => Read("VmRSS:");

    /// <summary>Most resident bytes since the start or the last reset.</summary>
    public static long Peak => Read("VmHWM:");

    /// <summary>Makes the present residence the peak.</summary>
    public static void ResetPeak() => File.WriteAllText(ClearReferences, "5");

    private static long Read(string key)
    {
        string line = File.ReadLines(Status).First(l => l.StartsWith(key, StringComparison.Ordinal));
        return 1024 * long.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
