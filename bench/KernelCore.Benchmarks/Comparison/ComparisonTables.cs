using System.Globalization;
using KernelCore.Kernels;

namespace KernelCore.Benchmarks;

/// <summary>The tables of the comparison.</summary>
internal sealed class ComparisonTables(Results results, MarkdownReport report)
{
    private const string Nothing = "-";

    /// <summary>Writes all that was measured, the targets last.</summary>
    public void Write()
    {
        foreach (Workload workload in Workload.All)
        {
            WriteModel($"{workload.Name}, batch {workload.Batch}", workload, Quantities.OfOnePass);
        }

        foreach (Workload workload in Workload.All)
        {
            WriteModel($"Curvature of {workload.Name}, batch {workload.Batch}", workload, Quantities.Curvature);
        }

        WriteHead();
        WriteGemm();
        WriteInfluence();
        WriteTargets();
    }

    private static string Text(double? value, string format = "F2", string suffix = "") =>
        value is { } number && !double.IsNaN(number) ? number.ToString(format, CultureInfo.InvariantCulture) + suffix : Nothing;

    private static string Milliseconds(double? seconds) => Text(1e3 * seconds, seconds < 0.1 ? "F3" : "F1");

    private static string Percent(double? fraction) => Text(100 * fraction, "F0", " %");

    private void WriteModel(string heading, Workload workload, IReadOnlyList<Quantity> quantities)
    {
        var rows = new List<string[]>();
        double yardstick = Limits.Of(workload, Quantity.ForwardBackward).Flops;
        foreach (Quantity quantity in quantities)
        {
            string item = quantity.Name();
            double? own = results.Times.Median(new Series(workload.Name, item, Series.Own));
            double? working = results.WorkingMemory(workload.Name, item);
            if (own is null && working is null)
            {
                continue;
            }

            KernelWork work = Limits.Of(workload, quantity);
            double limit = results.Rates.Seconds(work);
            rows.Add([
                item, Milliseconds(own), Text(results.Times.OwnRatio(workload.Name, item)), Text(work.Flops / yardstick),
                Milliseconds(limit), results.Rates.Bound(work), Percent(limit / own),
                Milliseconds(results.Times.Median(new Series(workload.Name, item, Results.Hooks))),
                Text(results.Times.Speedup(workload.Name, item, Results.Hooks)),
                Milliseconds(results.Times.Median(new Series(workload.Name, item, Results.Vmap))),
                Text(results.Times.Speedup(workload.Name, item, Results.Vmap)),
                Text(working / (1 << 20), "F1"),
            ]);
        }

        report.Table(heading,
            [
                "quantity", "ms", "x fwd+bwd", "x flops", "limit ms", "bound", "of limit", "hooks ms", "faster than hooks", "vmap ms", "faster than vmap",
                "working MiB",
            ], rows);
    }

    private void WriteHead() => report.Table($"Head kernel, {HeadWorkload.Samples} samples, z of width {HeadWorkload.Width}",
        ["classes", "ms", "GB/s", "of the copy rate"],
        [
            .. from classes in HeadComparison.Classes
               let seconds = HeadComparison.Seconds(results, classes)
               where seconds is not null
               select new[]
               {
                   $"{classes}", Milliseconds(seconds), Text(HeadWorkload.BytesOf(classes) / seconds / 1e9, "F1"),
                   Percent(HeadComparison.FractionOfCopyRate(results, classes)),
               },
        ]);

    private void WriteGemm() => report.Table("Matrix products, m x n x k",
        ["case", "us", "GFLOP/s", "of the FMA rate", "OpenBLAS us", "of OpenBLAS"],
        [
            .. from c in GemmComparison.Cases
               let seconds = results.Times.Median(new Series(c.Subject, c.Item, Series.Own))
               where seconds is not null
               let rate = c.Flops / seconds
               select new[]
               {
                   $"{c}", Text(1e6 * seconds, "F1"), Text(rate / 1e9, "F0"),
                   Percent(rate / (results.Rates.FlopsPerSecond * c.Threads / results.Threads)),
                   Text(1e6 * results.Times.Median(new Series(c.Subject, c.Item, Results.Blas)), "F1"),
                   Percent(results.Times.Speedup(c.Subject, c.Item, Results.Blas)),
               },
        ]);

    private void WriteInfluence() => report.Table("Influence, training x test samples, mlp",
        [
            "method", "ms", "GFLOP/s", "of own GEMM", "of OpenBLAS's GEMM", "limit ms", "bound", "of limit", "growth", "by formula", "working MiB",
        ],
        [
            .. from c in InfluenceComparison.Cases
               let seconds = results.Times.Median(c.Key(Series.Own))
               let working = results.WorkingMemory(InfluenceCase.Subject, c.Item)
               where seconds is not null || working is not null
               let limit = results.Rates.Seconds(c.Work)
               let smaller = InfluenceComparison.Previous(c)
               select new[]
               {
                   c.Item, Milliseconds(seconds), Text(c.Work.Flops / seconds / 1e9, "F0"),
                   Percent(c.FractionOfGemm(results, Series.Yardstick)), Percent(c.FractionOfGemm(results, Results.Blas)),
                   Milliseconds(limit), results.Rates.Bound(c.Work), Percent(limit / seconds),
                   Text(smaller is null ? null : c.Growth(results, smaller)), Text(c.Work.Flops / smaller?.Work.Flops), Text(working / (1 << 20), "F1"),
               },
        ]);

    private void WriteTargets()
    {
        var rows = Target.All.Select(target =>
        {
            double? figure = target.Figure(results);
            string verdict = figure is null or double.NaN ? "not measured" : target.IsMet(figure.Value) ? "met" : "MISSED";
            return (verdict, Row: new[] { target.What, verdict, Text(figure), $"{(target.AtMost ? "<=" : ">=")} {Text(target.Limit)} {target.Unit}" });
        }).ToList();
        report.Table("Targets", ["target", "verdict", "figure", "promised"], [.. rows.Select(r => r.Row)]);
        report.List("Verdict",
        [
            $"{rows.Count(r => r.verdict == "met")} met, {rows.Count(r => r.verdict == "MISSED")} missed, {rows.Count(r => r.verdict == "not measured")} not measured",
        ]);
    }
}
