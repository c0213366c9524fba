using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Curvature;

/// <summary>K-FAC: every block of the Fisher matrix as the Kronecker product S x A of E[s s^T], s the backprops, and E[a a^T], a the inputs with a 1 appended for a bias.</summary>
/// <remarks>
/// Martens and Grosse, "Optimizing neural networks with Kronecker-factored approximate curvature" (arXiv 1503.05671); Grosse and
/// Martens for convolutions (arXiv 1602.01407). Exact for one sample on vectors, and wherever a a^T and s s^T are uncorrelated. Factors
/// in float32 per batch and double over batches, eigenvectors in double; deterministic by seed.
/// </remarks>
public static class Kfac
{
    /// <summary>Estimates the factors in one sweep over the samples.</summary>
    /// <param name="model">The model, run in evaluation mode.</param>
    /// <param name="batches">All samples; every batch is used up before the next is asked for.</param>
    /// <param name="loss">Loss of each sample.</param>
    /// <param name="options">Fisher type, weight sharing, seed.</param>
    /// <param name="progress">Told the samples done.</param>
    /// <param name="cancellation">Checked before every pass.</param>
    /// <returns>The matrix; the caller disposes it.</returns>
    /// <exception cref="UnsupportedLayerException">A weight is shared in a way that has no common factors.</exception>
    /// <exception cref="KernelCoreException">There are no samples, a number is not finite, or the loss has no such Fisher matrix.</exception>
    public static KroneckerFisher Estimate(
        IModel model, IEnumerable<Batch> batches, Loss loss, KfacOptions? options = null,
        IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        options ??= new KfacOptions();
        var sums = new SortedDictionary<(int Weight, int Group), FactorSums>();
        using var passes = new FisherPasses(model, loss, options);
        double samples = passes.Run(batches, Add, progress, cancellation);
        return new KroneckerFisher(model.Device, model.Parameters.Layout, [.. sums.Values.Select(s => s.ToBlock(model.Device, samples))]);

        void Add(CaptureSet captures, int pass)
        {
            foreach (IGrouping<BlockAddress, LayerCapture> block in BlockAddress.Of(captures))
            {
                (int Weight, int Group) key = (block.Key.Weight, block.Key.Group);
                if (!sums.TryGetValue(key, out FactorSums? sum))
                {
                    sums.Add(key, sum = new FactorSums(block.Key));
                }

                foreach (LayerCapture capture in block)
                {
                    using var rows = new PositionRows(capture, block.Key.Group);
                    sum.Add(rows, options.Sharing, withInputs: pass == 0);
                }
            }
        }
    }
}
