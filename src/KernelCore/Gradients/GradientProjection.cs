namespace KernelCore.Gradients;

/// <summary>A random projection of per-sample gradients that keeps their inner products in expectation.</summary>
/// <remarks>
/// Signs come from Philox, addressed by (seed, row, column): the same projection on every backend and for every number
/// of threads. Inner products err by about sqrt(2 / size) relative to the product of the norms (Johnson-Lindenstrauss).
/// </remarks>
public sealed record GradientProjection
{
    private GradientProjection() { }

    /// <summary>Key of the random signs.</summary>
    public ulong Seed { get; private init; }

    /// <summary>Kronecker: rows of P_o.</summary>
    internal int Outputs { get; private init; }

    /// <summary>Kronecker: rows of P_i.</summary>
    internal int Inputs { get; private init; }

    /// <summary>Dense: size of the result; 0 for Kronecker.</summary>
    internal int DenseSize { get; private init; }

    /// <summary>
    /// Layer by layer, P_o G_i P_i^T (LoGra, arXiv 2405.13954): grad_i = sum_t g_it a_it^T is projected through its factors,
    /// (P_o g_it)(P_i a_it)^T, so nothing of the gradient's size is formed.
    /// </summary>
    /// <remarks>
    /// The bias of a linear layer or convolution is the last column of its weight. A side no longer than its target is kept
    /// as it is, so large sizes give the gradients themselves. Norms, lone biases and positional tables, which are
    /// vectors, are projected densely to at most outputs x inputs. A grouped convolution splits the outputs over its groups.
    /// </remarks>
    /// <param name="outputs">Rows of P_o, k_o.</param>
    /// <param name="inputs">Rows of P_i, k_i.</param>
    /// <param name="seed">Key of the random signs.</param>
    public static GradientProjection Kronecker(int outputs, int inputs, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        return new GradientProjection { Outputs = outputs, Inputs = inputs, Seed = seed };
    }

    /// <summary>One dense sign matrix [size, P] over sqrt(size), applied to the gradient with respect to all parameters.</summary>
    /// <remarks>
    /// Costs 2 x P x size operations per sample, and memory for a batch of gradients of the largest parameter: for small
    /// models, or as the yardstick of <see cref="Kronecker"/>.
    /// </remarks>
    /// <param name="size">Numbers per sample, k.</param>
    /// <param name="seed">Key of the random signs.</param>
    public static GradientProjection Dense(int size, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        return new GradientProjection { DenseSize = size, Seed = seed };
    }
}

/// <summary>Where the projected gradient of a parameter lies.</summary>
/// <param name="Parameter">Position in the model's layout; -1 for all parameters together.</param>
/// <param name="Offset">First column.</param>
/// <param name="Size">Columns.</param>
public readonly record struct ProjectedBlock(int Parameter, int Offset, int Size);
