using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Curvature;

/// <summary>
/// A block-diagonal Kronecker-factored approximation of the Fisher matrix mean_i E[g_i g_i^T], as an operator on flat parameter
/// vectors: a block per Linear layer, attention projection and group of a convolution, weight and bias together.
/// </summary>
/// <remarks>
/// g_i is the gradient of sample i's own loss (summed, not averaged, over its positions); the matrix is the mean over samples.
/// Parameters without a block (norms, embeddings, frozen ones) have zero rows here and in every inverse. Made by
/// <see cref="Kfac"/> and <see cref="Ekfac"/>.
/// </remarks>
public sealed class KroneckerFisher : ILinearOperator, IDisposable
{
    private readonly ParameterLayout _layout;
    private readonly KroneckerBlock[] _blocks;
    private KroneckerOperator? _product;

    internal KroneckerFisher(Device device, ParameterLayout layout, KroneckerBlock[] blocks)
    {
        (Device, _layout, _blocks) = (device, layout, blocks);
        Parameters = [.. blocks.SelectMany(b => new[] { b.Address.Weight, b.Address.Bias }).Where(i => i >= 0).Distinct().Order()];
    }

    /// <inheritdoc/>
    public Device Device { get; }

    /// <inheritdoc/>
    public int Dimension => checked((int)_layout.Count);

    /// <summary>Positions in the layout of the parameters that have a block, ascending.</summary>
    public IReadOnlyList<int> Parameters { get; }

    /// <summary>All eigenvalues, block after block.</summary>
    public IEnumerable<double> Eigenvalues => _blocks.SelectMany(b => b.Eigenvalues);

    internal IReadOnlyList<KroneckerBlock> Blocks => _blocks;

    /// <summary>y = F x.</summary>
    /// <param name="x">[Dimension], flat in the order of the layout.</param>
    /// <param name="y">[Dimension], overwritten.</param>
    public void Apply(Tensor x, Tensor y) =>
        (_product ??= new KroneckerOperator(Device, _layout, _blocks, static eigenvalues => eigenvalues)).Apply(x, y);

    /// <summary>(F + damping I)^-1 on the blocks: preconditions gradients, or a solver. The caller disposes it.</summary>
    /// <param name="damping">Null for <see cref="Damping.Default"/>. Where eigenvalue and damping are both 0, so is the inverse.</param>
    public KroneckerOperator Inverse(Damping? damping = null) =>
        new(Device, _layout, _blocks, eigenvalues => Invert(eigenvalues, damping ?? Damping.Default));

    /// <inheritdoc/>
    public void Dispose()
    {
        _product?.Dispose();
        foreach (KroneckerBlock block in _blocks)
        {
            block.Dispose();
        }
    }

    /// <summary>Inverses of the damped eigenvalues of a block.</summary>
    internal static IEnumerable<double> Invert(double[] eigenvalues, Damping damping)
    {
        double added = damping.Of(eigenvalues);
        return eigenvalues.Select(v => v + added == 0 ? 0 : 1 / (v + added));
    }
}
