using System.Buffers;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Influence;

/// <summary>
/// Influence as inner products of loss gradients: I(t, i) = sum over checkpoints c of w_c g_t(c).g_i(c), or of their
/// cosines.
/// </summary>
/// <remarks>
/// <para>No per-sample gradient is formed: for a linear layer g_t.g_i = (a_t.a_i)(b_t.b_i) with activations a and
/// backprops b, so all pairs cost two matrix products per layer and N x M x (inputs + outputs) x 2 operations.</para>
/// <para>Memory: activations and backprops of the parametric layers for the test samples of a tile (at most 128 MiB) and
/// for one batch of training samples, and one tile of at most 64 MiB. Training passes are repeated for every tile.
/// Float32 products; independent of the number of threads.</para>
/// </remarks>
public sealed class GradientProducts : InfluenceMethod
{
    private readonly IReadOnlyList<Checkpoint> _checkpoints;
    private readonly GradientScope _scope;
    private readonly bool _weighted, _cosine;

    private GradientProducts(string name, IReadOnlyList<Checkpoint> checkpoints, GradientScope scope, bool weighted, bool cosine)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        ArgumentOutOfRangeException.ThrowIfZero(checkpoints.Count, nameof(checkpoints));
        (Name, _checkpoints, _scope, _weighted, _cosine) = (name, checkpoints, scope, weighted, cosine);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>Loss whose gradients are compared.</summary>
    public Loss Loss { get; set; } = Loss.CrossEntropy;

    /// <summary>Grad-Dot: g_t.g_i at the weights of one model.</summary>
    public static GradientProducts GradDot(IModel model, GradientScope scope = GradientScope.Model) =>
        new("graddot", [Checkpoint.Of(model)], scope, weighted: false, cosine: false);

    /// <summary>Grad-Cos: cos(g_t, g_i) at the weights of one model; 0 where a gradient vanishes.</summary>
    public static GradientProducts GradCos(IModel model, GradientScope scope = GradientScope.Model) =>
        new("gradcos", [Checkpoint.Of(model)], scope, weighted: false, cosine: true);

    /// <summary>TracInCP (arXiv 2002.08484): sum_c eta_c g_t(c).g_i(c), with the learning rate eta_c of each checkpoint.</summary>
    public static GradientProducts TracIn(IReadOnlyList<Checkpoint> checkpoints, GradientScope scope = GradientScope.Model) =>
        new(scope == GradientScope.Model ? "tracin" : "tracin-last", checkpoints, scope, weighted: true, cosine: false);

    /// <inheritdoc/>
    /// <remarks>sum_c w_c ||g_i(c)||^2, totals in double; the number of non-zero gradients' checkpoints for cosines.</remarks>
    public override double[] SelfInfluence(Dataset data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        var result = new double[data.Count];
        foreach (Checkpoint checkpoint in _checkpoints)
        {
            using Checkpoint.Lease lease = checkpoint.Open();
            using var source = new CaptureSource(lease.Model, data, Loss, _scope, BatchSize);
            for (int start = 0; start < data.Count; start += BatchSize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                double[] part = PairwiseGradients.SquaredNorms(source.Run(start, Math.Min(BatchSize, data.Count - start)));
                for (int i = 0; i < part.Length; i++)
                {
                    result[start + i] += _cosine ? Math.Sign(part[i]) : Weight(checkpoint) * part[i];
                }
            }
        }

        return result;
    }

    private protected override IEnumerable<InfluenceTile> Tiles(
        Dataset train, Dataset test, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        int rows = Math.Min(InfluenceTiles.RowsFor(train.Count), test.Count);
        float[] tile = [];
        try
        {
            for (int start = 0; start < test.Count; start += rows)
            {
                for (int c = 0; c < _checkpoints.Count; c++)
                {
                    using Checkpoint.Lease lease = _checkpoints[c].Open();
                    using var left = new CaptureSource(lease.Model, test, Loss, _scope, BatchSize);
                    using var right = new CaptureSource(lease.Model, train, Loss, _scope, BatchSize);
                    if (tile.Length == 0)
                    {
                        // Rented: touching tens of megabytes of new memory costs a tenth of all products of a last layer.
                        rows = (int)Math.Clamp(HeldBytes / CaptureBlock.BytesPerSample(left.Run(0, 1)), 1, rows);
                        tile = ArrayPool<float>.Shared.Rent(rows * train.Count);
                    }

                    int count = Math.Min(rows, test.Count - start);
                    double before = (start + ((double)count * c / _checkpoints.Count)) / test.Count, share = (double)count / test.Count / _checkpoints.Count;
                    Add(lease.Model.Device, left, start, count, right, Weight(_checkpoints[c]), c == 0, tile, done => progress?.Report(before + (share * done)), cancellationToken);
                }

                yield return new InfluenceTile(start, train.Count, tile.AsMemory(0, Math.Min(rows, test.Count - start) * train.Count));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(tile);
        }
    }

    private double Weight(Checkpoint checkpoint) => _weighted ? checkpoint.LearningRate : 1;

    /// <summary>One checkpoint's part of a tile: the test samples are held, the training samples stream by.</summary>
    private void Add(
        Device device, CaptureSource test, int start, int count, CaptureSource train, double weight, bool first, float[] tile,
        Action<double> report, CancellationToken cancellationToken)
    {
        IPerSampleKernels kernels = device.Kernels.PerSample;
        using var left = new CaptureBlock(count);
        using var right = new CaptureBlock(train.BatchSize);
        for (int at = 0; at < count; at += test.BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            left.Append(test.Run(start + at, Math.Min(test.BatchSize, count - at)));
        }

        float[] leftScale = Scales(left.Captures, weight);
        using Tensor products = device.Allocate([count, train.BatchSize]);
        float[]? host = device.Kind == DeviceKind.Cpu ? null : new float[products.Count];
        int trains = train.Data.Count;
        for (int at = 0; at < trains; at += train.BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int width = Math.Min(train.BatchSize, trains - at);
            right.Clear();
            right.Append(train.Run(at, width));
            Tensor part = products.View(0, [count, width]);
            PairwiseGradients.Products(kernels, left.Captures, right.Captures, part);
            if (host is not null)
            {
                part.CopyTo(host);
            }

            Span<float> values = host ?? part.Span;
            float[]? rightScale = _cosine ? Scales(right.Captures, 1) : null;
            for (int row = 0; row < count; row++)
            {
                Span<float> line = values.Slice(row * width, width), target = tile.AsSpan((row * trains) + at, width);
                if (rightScale is not null)
                {
                    TensorPrimitives.Multiply(line, rightScale, line);
                }

                if (first)
                {
                    TensorPrimitives.Multiply(line, leftScale[row], target);
                }
                else
                {
                    TensorPrimitives.MultiplyAdd(line, leftScale[row], target, target);
                }
            }

            report((at + (double)width) / trains);
        }
    }

    /// <summary>The factor of every sample of a block: the weight, over the gradient's norm for cosines.</summary>
    private float[] Scales(CaptureSet captures, double weight)
    {
        var scales = new float[captures.Batch];
        Array.Fill(scales, (float)weight);
        if (_cosine)
        {
            double[] norms = PairwiseGradients.SquaredNorms(captures);
            for (int i = 0; i < scales.Length; i++)
            {
                scales[i] = norms[i] == 0 ? 0 : (float)(weight / Math.Sqrt(norms[i]));
            }
        }

        return scales;
    }
}
