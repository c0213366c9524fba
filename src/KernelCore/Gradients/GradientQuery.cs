using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>What to compute from the per-sample gradients of a batch; not how. Ask for several at once: they share the pass.</summary>
/// <remarks>grad_i is the gradient of sample i's own loss with respect to all trainable parameters.</remarks>
public sealed record GradientQuery
{
    /// <summary>||grad_i||^2, in total and per parameter.</summary>
    public bool Norms { get; init; }

    /// <summary>grad_i . w with the trainable weights themselves, in total and per parameter.</summary>
    public bool WeightDots { get; init; }

    /// <summary>cos(grad_i, w) = grad_i . w / (||grad_i|| ||w||), in total and per parameter.</summary>
    public bool Cosines { get; init; }

    /// <summary>grad_i . v with this direction, in total and per parameter; null for none.</summary>
    public ParameterVector? Direction { get; init; }

    /// <summary>sum_i min(1, C / ||grad_i||) grad_i with this C > 0: clip and sum, as in DP-SGD (arXiv 1607.00133); null for none.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>grad_i . grad_j for all pairs of the batch.</summary>
    public bool Gram { get; init; }

    /// <summary>sum_i grad_i o grad_i, elementwise: batch times the diagonal of the empirical Fisher matrix.</summary>
    public bool SquaredSum { get; init; }

    /// <summary>sum_i grad_i: batch times the gradient of the mean loss.</summary>
    public bool Sum { get; init; }

    /// <summary>Every grad_i itself: the one query that stores batch x parameters numbers.</summary>
    public bool Materialise { get; init; }

    /// <summary>A random projection of every grad_i, which never forms grad_i itself unless dense; null for none.</summary>
    public GradientProjection? Projection { get; init; }

    internal bool NeedsNorms => Norms || Cosines || ClipNorm is not null;

    internal bool NeedsWeightDots => WeightDots || Cosines;
}
