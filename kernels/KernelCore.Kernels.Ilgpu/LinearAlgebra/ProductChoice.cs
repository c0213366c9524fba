using System.Globalization;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What one kind of product took both ways.</summary>
/// <param name="TransposeA">Kind: whether the left operand is transposed.</param>
/// <param name="TransposeB">Whether the right one is.</param>
/// <param name="OwnSeconds">By own kernels.</param>
/// <param name="CuBlasSeconds">By cuBLAS.</param>
internal readonly record struct ProductTiming(bool TransposeA, bool TransposeB, double OwnSeconds, double CuBlasSeconds)
{
    /// <summary>Own kernels win ties: they give the same bits every time.</summary>
    public bool CuBlasIsFaster => CuBlasSeconds < OwnSeconds;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(TransposeA ? 'T' : 'N')}{(TransposeB ? 'T' : 'N')} by {(CuBlasIsFaster ? "cuBLAS" : "own kernels")} (own {1e3 * OwnSeconds:G3} ms, cuBLAS {1e3 * CuBlasSeconds:G3} ms)");
}

/// <summary>Which plain products go to cuBLAS, and why.</summary>
internal sealed class ProductChoice
{
    private readonly Func<bool, bool, bool> _usesCuBlas;

    private ProductChoice(string reason, Func<bool, bool, bool> usesCuBlas) => (Reason, _usesCuBlas) = (reason, usesCuBlas);

    /// <summary>All of them.</summary>
    public static ProductChoice CuBlas { get; } = new("all by cuBLAS", (_, _) => true);

    /// <summary>For people: the figures, or what is in the way.</summary>
    public string Reason { get; }

    /// <summary>None of them.</summary>
    public static ProductChoice Own(string reason) => new($"all by own kernels: {reason}", (_, _) => false);

    /// <summary>The faster way for each kind; kinds that were not timed stay with own kernels.</summary>
    public static ProductChoice Of(params ReadOnlySpan<ProductTiming> timings)
    {
        ProductTiming[] all = timings.ToArray();
        return new ProductChoice(string.Join(", ", all), (a, b) => Array.Exists(all, timing => timing.TransposeA == a && timing.TransposeB == b && timing.CuBlasIsFaster));
    }

    /// <summary>Whether products of a kind go to cuBLAS.</summary>
    public bool UsesCuBlas(bool transposeA, bool transposeB) => _usesCuBlas(transposeA, transposeB);
}
