using KernelCore.Influence;
using KernelCore.Kernels;

namespace KernelCore.Benchmarks;

/// <summary>Influence of all training on all test samples.</summary>
/// <param name="Scope">The last layer alone: TracIn; the model: Grad-Dot.</param>
/// <param name="Trains">Training samples.</param>
/// <param name="Tests">Test samples.</param>
internal sealed record InfluenceCase(GradientScope Scope, int Trains, int Tests)
{
    /// <summary>Subject of every series.</summary>
    public const string Subject = "influence";

    public string Method => Scope == GradientScope.Model ? "graddot" : "tracin-last";

    public string Item => $"{Method} {Trains}x{Tests}";

    public double Pairs => (double)Trains * Tests;

    /// <summary>Least work by formula, passes included.</summary>
    public KernelWork Work => Limits.OfInfluence(Workload.Mlp, Trains, Tests, Scope == GradientScope.Head);

    /// <summary>Times of this case.</summary>
    public Series Key(string who) => new(Subject, Item, who);

    /// <summary>How many times longer than a smaller case.</summary>
    public double? Growth(Results results, InfluenceCase smaller) =>
        results.Times.Ratio(Key(Series.Own), smaller.Key(Series.Own));

    /// <summary>Flops by formula per second over those of a matrix product.</summary>
    /// <param name="results">Times.</param>
    /// <param name="who">Whose product: <see cref="Series.Yardstick"/> for the own, or <see cref="Results.Blas"/>.</param>
    public double? FractionOfGemm(Results results, string who) =>
        results.Times.Ratio(Key(who), Key(Series.Own)) * Work.Flops / InfluenceComparison.Gemm(results.Threads).Flops;
}
