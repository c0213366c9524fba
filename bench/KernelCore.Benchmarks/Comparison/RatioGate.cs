using System.Text.Json;

namespace KernelCore.Benchmarks;

/// <summary>Holds the ratios to the yardsticks, own forward + backward or own matrix product, against those checked in, which say what the code once reached.</summary>
internal static class RatioGate
{
    private const double Allowance = 1.15;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    private static IEnumerable<(string Subject, string Item)> Gated =>
    [
        .. from workload in Workload.All
           from quantity in Quantities.All
           where quantity != Quantity.ForwardBackward
           select (workload.Name, quantity.Name()),
        .. InfluenceComparison.Cases.Select(c => (InfluenceCase.Subject, c.Item)),
    ];

    private static string Path => System.IO.Path.Combine(Repository.Root, "bench", "ratios.json");

    /// <summary>Ratios that are more than 15 % worse than checked in, as lines of text.</summary>
    public static IReadOnlyList<string> Regressions(Results results)
    {
        SortedDictionary<string, double> accepted = Read();
        return [.. Ratios(results).Where(r => accepted.TryGetValue(r.Name, out double ratio) && r.Ratio > Allowance * ratio)
            .Select(r => $"{r.Name}: {r.Ratio:F2} times its yardstick, checked in {accepted[r.Name]:F2}")];
    }

    /// <summary>Writes the measured ratios over the checked-in ones; those that were not measured stay.</summary>
    public static void Accept(Results results)
    {
        SortedDictionary<string, double> accepted = Read();
        foreach (var (name, ratio) in Ratios(results))
        {
            accepted[name] = Math.Round(ratio, 3);
        }

        File.WriteAllText(Path, JsonSerializer.Serialize(accepted, Json) + "\n");
    }

    private static SortedDictionary<string, double> Read() => File.Exists(Path)
        ? JsonSerializer.Deserialize<SortedDictionary<string, double>>(File.ReadAllText(Path))!
        : [];

    private static IEnumerable<(string Name, double Ratio)> Ratios(Results results) =>
        from gated in Gated
        let ratio = results.Times.OwnRatio(gated.Subject, gated.Item)
        where ratio is not null
        select ($"{gated.Subject}/{gated.Item}", ratio.Value);
}
