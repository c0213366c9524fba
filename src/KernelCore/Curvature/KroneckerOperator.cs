using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Curvature;

/// <summary>Q f(eigenvalues) Q^T, block by block, of a <see cref="KroneckerFisher"/>: the matrix itself or its damped inverse.</summary>
/// <remarks>Zero for parameters that have no block. Shares the eigenvectors, so it is valid as long as the Fisher matrix is. Six GEMMs per block.</remarks>
public sealed class KroneckerOperator : ILinearOperator, IDisposable
{
    private readonly ParameterLayout _layout;
    private readonly (KroneckerBlock Block, Tensor Scales)[] _blocks;
    private readonly (Tensor First, Tensor Second) _work;

    internal KroneckerOperator(Device device, ParameterLayout layout, IReadOnlyList<KroneckerBlock> blocks, Func<double[], IEnumerable<double>> spectrum)
    {
        (Device, _layout) = (device, layout);
        _blocks = [.. blocks.Select(b => (b, device.Allocate([b.Eigenvalues.Length], [.. spectrum(b.Eigenvalues).Select(v => (float)v)])))];
        int largest = blocks.Select(b => b.Eigenvalues.Length).DefaultIfEmpty().Max();
        _work = (device.Allocate([largest]), device.Allocate([largest]));
    }

    /// <inheritdoc/>
    public Device Device { get; }

    /// <inheritdoc/>
    public int Dimension => checked((int)_layout.Count);

    /// <inheritdoc/>
    public void Apply(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(y);
        y.Fill(0);
        foreach (var (block, scales) in _blocks)
        {
            block.Apply(_layout, scales, x, y, _work);
        }
    }

    /// <summary>Frees the eigenvalues and the work vectors, not the eigenvectors.</summary>
    public void Dispose()
    {
        foreach (var (_, scales) in _blocks)
        {
            scales.Dispose();
        }

        _work.First.Dispose();
        _work.Second.Dispose();
    }
}
