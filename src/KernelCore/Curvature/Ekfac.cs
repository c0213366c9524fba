using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Curvature;

/// <summary>EK-FAC: the eigenvectors of K-FAC with the eigenvalues that fit best, lambda_oj = mean_i (Q_S^T G_i Q_A)^2_oj.</summary>
/// <remarks>
/// George, Laurent, Bouthillier, Ballas, Vincent, "Fast approximate natural gradient descent in a Kronecker-factored eigenbasis" (arXiv
/// 1806.03884): the diagonal in a given basis that is nearest to the Fisher matrix in Frobenius norm, so never farther than K-FAC's. G_i is the
/// gradient of a sample over all its positions and uses. Deterministic by seed; both sweeps draw the same labels.
/// </remarks>
public static class Ekfac
{
    /// <summary>Estimates the factors, then the eigenvalues: two sweeps over the samples.</summary>
    /// <param name="batches">All samples, enumerated twice; every batch is used up before the next is asked for.</param>
    /// <inheritdoc cref="Kfac.Estimate"/>
    public static KroneckerFisher Estimate(
        IModel model, IEnumerable<Batch> batches, Loss loss, KfacOptions? options = null,
        IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new KfacOptions();
        KroneckerFisher fisher = Kfac.Estimate(model, batches, loss, options, progress, cancellation);
        try
        {
            Correct(fisher, model, batches, loss, options, progress, cancellation);
            return fisher;
        }
        catch
        {
            fisher.Dispose();
            throw;
        }
    }

    private static void Correct(
        KroneckerFisher fisher, IModel model, IEnumerable<Batch> batches, Loss loss, KfacOptions options,
        IProgress<IterationProgress>? progress, CancellationToken cancellation)
    {
        Dictionary<BlockAddress, (KroneckerBlock Block, double[] Sums)> sums =
            fisher.Blocks.ToDictionary(b => b.Address, b => (b, new double[b.Eigenvalues.Length]));
        using var passes = new FisherPasses(model, loss, options);
        double samples = passes.Run(batches, Add, progress, cancellation);
        foreach (var (block, sum) in sums.Values)
        {
            block.Eigenvalues = [.. sum.Select(v => v / samples)];
        }

        void Add(CaptureSet captures, int pass)
        {
            foreach (IGrouping<BlockAddress, LayerCapture> block in BlockAddress.Of(captures))
            {
                (KroneckerBlock target, double[] sum) = sums[block.Key];
                AddSquares(target, block, sum);
            }
        }
    }

    /// <summary>sum += the squared elements of all samples' rotated gradients.</summary>
    private static void AddSquares(KroneckerBlock block, IEnumerable<LayerCapture> captures, double[] sum)
    {
        BlockAddress address = block.Address;
        PositionRows[] rows = [.. captures.Select(c => new PositionRows(c, address.Group))];
        LayerCapture[] rotated = [.. rows.Select(block.Rotate)];
        Device device = rotated[0].Backprop.Device;
        using Tensor squares = device.Allocate([address.Rows, address.Inputs]);
        device.Kernels.PerSample.SquaredSum(rotated, ParameterRole.Weight, 1, 0, squares);
        float[] values = squares.ToArray();
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += values[i];
        }

        foreach (LayerCapture capture in rotated)
        {
            capture.Activation!.Dispose();
            capture.Backprop.Dispose();
        }

        foreach (PositionRows position in rows)
        {
            position.Dispose();
        }
    }
}
