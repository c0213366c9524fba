using KernelCore.Gradients;

namespace KernelCore.Tests.Gradients;

internal static class Queries
{
    /// <summary>Every quantity that needs no direction, clipped at 1.</summary>
    public static GradientQuery Everything { get; } = new()
    {
        Norms = true,
        WeightDots = true,
        Cosines = true,
        ClipNorm = 1,
        Gram = true,
        SquaredSum = true,
        Sum = true,
        Materialise = true,
    };
}
