using KernelCore.Influence;

namespace KernelCore.Benchmarks;

/// <summary>A promise about speed or memory.</summary>
/// <param name="What">The promise in words.</param>
/// <param name="AtMost">Whether the limit is an upper one.</param>
/// <param name="Limit">The figure that keeps it.</param>
/// <param name="Unit">Unit of limit and figure.</param>
/// <param name="Figure">The measured figure; null when it was not measured.</param>
internal sealed record Target(string What, bool AtMost, double Limit, string Unit, Func<Results, double?> Figure)
{
    private const string OfOwn = "x own forward + backward", OfPeer = "x PyTorch's", OfBlas = "x OpenBLAS's speed", Faster = "x faster", OfGemm = "x GEMM rate";

    /// <summary>Every promise of the project about the CPU.</summary>
    public static IReadOnlyList<Target> All { get; } =
    [
        OwnRatio(Workload.Mlp, Quantity.NormsCosine, 0.65),
        OwnRatio(Workload.Cnn, Quantity.NormsCosine, 1.05),
        OwnRatio(Workload.Transformer, Quantity.NormsCosine, 0.85),
        OwnRatio(Workload.Mlp, Quantity.ClipSum, 1.10),
        OwnRatio(Workload.Cnn, Quantity.ClipSum, 1.20),
        OwnRatio(Workload.Transformer, Quantity.ClipSum, 1.15),
        ForwardBackward(Workload.Mlp, 1.0),
        ForwardBackward(Workload.Cnn, 1.2),
        ForwardBackward(Workload.Transformer, 1.0),
        .. Workload.All.SelectMany(w => Quantities.PerSample.Select(q => FastestPeer(w, q, 1.5))),
        .. Workload.All.SelectMany(w => new[]
        {
            OwnRatio(w, Quantity.Hessian, 2.8), OwnRatio(w, Quantity.HessianFurther, 1.9),
            OwnRatio(w, Quantity.GaussNewton, 1.7), OwnRatio(w, Quantity.Fisher, 0.8),
            new Target($"{w.Name}: hessian against double backward", AtMost: false, 1.5, Faster,
                r => r.Times.Speedup(w.Name, Quantity.Hessian.Name(), Results.Hooks)),
        }),
        new Target($"{Workload.Mlp.Name}: norms against vmap(grad)", AtMost: false, 20, Faster,
            r => r.Times.Speedup(Workload.Mlp.Name, Quantity.Norms.Name(), Results.Vmap)),
        .. HeadComparison.Classes.Select(classes => new Target($"head kernel, {classes} classes", AtMost: false, 0.7, "x copy rate",
            r => HeadComparison.FractionOfCopyRate(r, classes))),
        .. GemmComparison.Cases.Select(c => new Target($"GEMM {c}", AtMost: false, c.Target, OfBlas,
            r => r.Times.Speedup(c.Subject, c.Item, Results.Blas))),
        .. InfluenceComparison.Largest.SelectMany(Influence),
        .. Workload.All.SelectMany(w => new[] { Quantity.Norms, Quantity.NormsCosine, Quantity.Dot, Quantity.ClipSum }.Select(q => Memory(w, q, 16))),
    ];

    /// <summary>Whether a figure keeps the promise.</summary>
    public bool IsMet(double figure) => AtMost ? figure <= Limit : figure >= Limit;

    private static Target OwnRatio(Workload workload, Quantity quantity, double limit) => new(
        $"{workload.Name}: {quantity.Name()}", AtMost: true, limit, OfOwn, r => r.Times.OwnRatio(workload.Name, quantity.Name()));

    private static Target ForwardBackward(Workload workload, double limit) => new(
        $"{workload.Name}: forward + backward", AtMost: true, limit, OfPeer,
        r => 1 / r.Times.Speedup(workload.Name, Quantity.ForwardBackward.Name(), Results.Hooks));

    private static Target FastestPeer(Workload workload, Quantity quantity, double limit) => new(
        $"{workload.Name}: {quantity.Name()} against the fastest peer", AtMost: false, limit, Faster, r => r.LeastSpeedup(workload.Name, quantity));

    private static Target Memory(Workload workload, Quantity quantity, double mebibytes) => new(
        $"{workload.Name}: {quantity.Name()}, working memory", AtMost: true, mebibytes, "MiB",
        r => r.WorkingMemory(workload.Name, quantity.Name()) / (1 << 20));

    private static IEnumerable<Target> Influence(InfluenceCase @case)
    {
        InfluenceCase smallest = InfluenceComparison.Smallest(@case);
        return
        [
            new Target($"influence {@case.Item}", AtMost: true, @case.Scope == GradientScope.Model ? 2 : 0.5, "s",
                r => r.Times.Median(@case.Key(Series.Own))),
            new Target($"influence {@case.Item}, against the faster GEMM", AtMost: false, 0.6, OfGemm,
                r => new[] { Series.Yardstick, Results.Blas }.Min(who => @case.FractionOfGemm(r, who))),
            new Target($"influence {@case.Item}, time per pair", AtMost: true, 1.1, $"x that of {smallest.Trains}x{smallest.Tests}",
                r => @case.Growth(r, smallest) * smallest.Pairs / @case.Pairs),
            new Target($"influence {@case.Item}, working memory", AtMost: true, 1, "GB",
                r => r.WorkingMemory(InfluenceCase.Subject, @case.Item) / 1e9),
        ];
    }
}
