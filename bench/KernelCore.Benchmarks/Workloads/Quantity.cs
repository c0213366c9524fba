namespace KernelCore.Benchmarks;

/// <summary>What is measured of a model and a batch.</summary>
public enum Quantity
{
    /// <summary>Logits.</summary>
    Forward,

    /// <summary>Forward, loss and a backward pass without weight gradients: what every per-sample quantity has to pay.</summary>
    Floor,

    /// <summary>Forward, loss, backward, and the summed gradient of every parameter: an ordinary training step. The yardstick.</summary>
    ForwardBackward,

    /// <summary>||grad_i||.</summary>
    Norms,

    /// <summary>||grad_i|| and cos(grad_i, w), per parameter and in total.</summary>
    NormsCosine,

    /// <summary>grad_i . v.</summary>
    Dot,

    /// <summary>sum_i min(1, C / ||grad_i||) grad_i.</summary>
    ClipSum,

    /// <summary>grad_i . grad_j for all pairs.</summary>
    Gram,

    /// <summary>sum_i grad_i o grad_i.</summary>
    SquaredSum,

    /// <summary>P_o grad_i P_i^T, 64 x 64 numbers per layer.</summary>
    Projection,

    /// <summary>H v at new weights, H the Hessian of the mean loss: forward and backward pass included.</summary>
    Hessian,

    /// <summary>H v with another v at the same point.</summary>
    HessianFurther,

    /// <summary>G v at new weights, G the Gauss-Newton matrix of the mean loss: the forward pass included, which is all it needs.</summary>
    GaussNewton,

    /// <summary>G v with another v at the same point.</summary>
    GaussNewtonFurther,

    /// <summary>F v from captures already there, F the empirical Fisher matrix of the mean loss.</summary>
    Fisher,
}

/// <summary>Names of quantities: <c>norms-cosine</c> on the command line, in files and towards peers.</summary>
public static class Quantities
{
    /// <summary>All, in the order of the tables.</summary>
    public static IReadOnlyList<Quantity> All { get; } = Enum.GetValues<Quantity>();

    /// <summary>Products of curvature matrices with a vector.</summary>
    public static IReadOnlyList<Quantity> Curvature { get; } = [.. All.Where(q => q >= Quantity.Hessian)];

    /// <summary>Passes, and what follows from one pass.</summary>
    public static IReadOnlyList<Quantity> OfOnePass { get; } = [.. All.Except(Curvature)];

    /// <summary>Those that say something about each sample.</summary>
    public static IReadOnlyList<Quantity> PerSample { get; } = [.. OfOnePass.Where(q => q > Quantity.ForwardBackward)];

    /// <summary>Name in kebab case.</summary>
    public static string Name(this Quantity quantity) =>
        string.Concat(quantity.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));

    /// <summary>The quantity of a name.</summary>
    public static Quantity Parse(string name) => All.First(q => q.Name() == name);
}
