using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Influence;

/// <summary>Influence through randomly projected gradients: TRAK and LoGra.</summary>
/// <remarks>
/// With phi the projected gradients, Phi those of all training samples and C their second moment, the influence is
/// phi_t^T C^-1 phi_i. Memory: (trains + 2 tests) x size floats per checkpoint and a size x size matrix in double for TRAK,
/// per layer for LoGra. Independent of the number of threads.
/// </remarks>
public sealed class ProjectedInfluence : InfluenceMethod
{
    private readonly IReadOnlyList<Checkpoint> _checkpoints;
    private readonly GradientProjection _projection;
    private readonly Loss _output;
    private readonly double _damping;
    private readonly bool _isTrak;

    private ProjectedInfluence(string name, IReadOnlyList<Checkpoint> checkpoints, GradientProjection projection, Loss output, double damping, bool isTrak)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        ArgumentNullException.ThrowIfNull(projection);
        ArgumentOutOfRangeException.ThrowIfZero(checkpoints.Count, nameof(checkpoints));
        ArgumentOutOfRangeException.ThrowIfNegative(damping);
        (Name, _checkpoints, _projection, _output, _damping, _isTrak) = (name, checkpoints, projection, output, damping, isTrak);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>
    /// TRAK (arXiv 2303.14186): tau(t) = [(1/M) sum_m Phi_m (Phi_m^T Phi_m + lambda I)^-1 phi_m(t)] o [(1/M) sum_m (1 - p_m)] with
    /// gradients of the log-odds f = ln(p_y / (1 - p_y)).
    /// </summary>
    /// <remarks>
    /// Checkpoints are models trained independently, often on half of the data. Without damping the projected size must not
    /// exceed the number of training samples. All checkpoints share the projection.
    /// </remarks>
    /// <param name="checkpoints">The M models.</param>
    /// <param name="projection">Projection of the gradients.</param>
    /// <param name="damping">lambda as a fraction of the mean diagonal element of Phi^T Phi; 0 as in the paper.</param>
    public static ProjectedInfluence Trak(IReadOnlyList<Checkpoint> checkpoints, GradientProjection projection, double damping = 0) =>
        new("trak", checkpoints, projection, new LogOddsLoss(), damping, isTrak: true);

    /// <summary>LoGra (arXiv 2405.13954): sum over layers of phi_t^T (F + lambda I)^-1 phi_i with F the mean of phi_i phi_i^T of the layer.</summary>
    /// <param name="model">A trained model.</param>
    /// <param name="projection">Projection of the gradients of the cross-entropy; best <see cref="GradientProjection.Kronecker"/>.</param>
    /// <param name="damping">lambda as a fraction of tr F / dim F.</param>
    public static ProjectedInfluence LoGra(IModel model, GradientProjection projection, double damping = 0.1) =>
        new("logra", [Checkpoint.Of(model)], projection, Loss.CrossEntropy, damping, isTrak: false);

    /// <inheritdoc/>
    public override double[] SelfInfluence(Dataset data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        var result = new double[data.Count];
        using Fitted fitted = Fit(data, data, null, cancellationToken);
        foreach (var (solved, features) in fitted.Checkpoints)
        {
            int size = features.Shape[1];
            float[] left = solved.ToArray(), right = features.ToArray();
            for (int i = 0; i < result.Length; i++)
            {
                result[i] += TensorPrimitives.Dot<float>(left.AsSpan(i * size, size), right.AsSpan(i * size, size)) * (double)fitted.Weights[i];
            }
        }

        return result;
    }

    private protected override IEnumerable<InfluenceTile> Tiles(
        Dataset train, Dataset test, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using Fitted fitted = Fit(train, test, progress, cancellationToken);
        int rows = Math.Min(InfluenceTiles.RowsFor(train.Count), test.Count);
        using Tensor products = fitted.Checkpoints[0].Features.Device.Allocate([rows, train.Count]);
        var tile = new float[products.Count];
        for (int start = 0; start < test.Count; start += rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(rows, test.Count - start);
            Score(fitted, start, count, products, tile);
            yield return new InfluenceTile(start, train.Count, tile.AsMemory(0, count * train.Count));
        }

        progress?.Report(1);
    }

    /// <summary>Rows of the influence matrix: products of solved and plain features, added over checkpoints, times the weights.</summary>
    internal static void Score(Fitted fitted, int start, int count, Tensor products, float[] tile)
    {
        int trains = fitted.Weights.Length;
        for (int c = 0; c < fitted.Checkpoints.Count; c++)
        {
            var (solved, features) = fitted.Checkpoints[c];
            int size = features.Shape[1];
            products.Device.Kernels.LinearAlgebra.Gemm(
                false, true, 1, new Matrix(solved, (long)start * size, count, size, size), Matrix.Of(features), c == 0 ? 0 : 1,
                new Matrix(products, count, trains));
        }

        products.CopyTo(tile);
        for (int row = 0; row < count; row++)
        {
            Span<float> values = tile.AsSpan(row * trains, trains);
            TensorPrimitives.Multiply(values, fitted.Weights, values);
        }
    }

    private Fitted Fit(Dataset train, Dataset test, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var fitted = new Fitted(train.Count);
        try
        {
            foreach (Checkpoint checkpoint in _checkpoints)
            {
                using Checkpoint.Lease lease = checkpoint.Open();
                ProjectedGradients known = fitted.Keep(ProjectedGradients.Collect(lease.Model, train, _output, _projection, BatchSize, cancellationToken));
                using ProjectedGradients asked = ProjectedGradients.Collect(lease.Model, test, _output, _projection, BatchSize, cancellationToken);
                ProjectedBlock[] whole = [new ProjectedBlock(-1, 0, known.Features.Shape[1])];
                var moment = new SecondMoment(known.Features, _isTrak ? whole : known.Blocks, mean: !_isTrak, _damping);
                fitted.Checkpoints.Add((fitted.Keep(moment.Solve(asked.Features)), known.Features));
                fitted.AddWeights(_isTrak ? known.Losses : null, _checkpoints.Count);
                progress?.Report((double)fitted.Checkpoints.Count / (_checkpoints.Count + 1));
            }

            return fitted;
        }
        catch
        {
            fitted.Dispose();
            throw;
        }
    }

    /// <summary>Everything that scores are products of.</summary>
    internal sealed class Fitted(int trains) : IDisposable
    {
        private readonly List<IDisposable> _kept = [];

        /// <summary>For each checkpoint C^-1 phi of the test samples and phi of the training samples.</summary>
        public List<(Tensor Solved, Tensor Features)> Checkpoints { get; } = [];

        /// <summary>Factor of every training sample: mean of 1 - p over checkpoints for TRAK, over the number of checkpoints.</summary>
        public float[] Weights { get; } = new float[trains];

        /// <summary>Adds one of M checkpoints: 1 - p = 1 / (1 + exp f), or 1 without log-odds.</summary>
        public void AddWeights(float[]? logOdds, int checkpoints)
        {
            double scale = 1.0 / checkpoints / checkpoints;
            for (int i = 0; i < Weights.Length; i++)
            {
                Weights[i] += (float)(scale * (logOdds is null ? 1 : 1 / (1 + Math.Exp(logOdds[i]))));
            }
        }

        /// <summary>Disposes something with everything else.</summary>
        public T Keep<T>(T item)
            where T : IDisposable
        {
            _kept.Add(item);
            return item;
        }

        public void Dispose() => _kept.ForEach(item => item.Dispose());
    }
}
