using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Influence;

/// <summary>
/// DataInf (arXiv 2310.00902): the inverse of each layer's damped empirical Fisher matrix with the mean and the inverse
/// swapped, (1/N) sum_i (lambda I + g_i g_i^T)^-1, which has a closed form.
/// </summary>
/// <remarks>
/// <para>I(t, j) = sum over layers of (1 / (N lambda)) sum_i [g_t.g_j - (g_t.g_i)(g_i.g_j) / (lambda + ||g_i||^2)] with lambda a
/// tenth of the mean squared gradient entry of the layer. A layer is a parameter; weight and bias of a linear layer are one.</para>
/// <para>Only inner products of gradients occur: two Gram matrices per layer, [test x train] and [train x train], the latter
/// block by block. Costs N^2 (inputs + outputs + tests) operations per layer. Memory: a tile per layer and 128 MiB of
/// captures. Float32 products.</para>
/// </remarks>
public sealed class DataInf(IModel model) : InfluenceMethod
{
    /// <inheritdoc/>
    public override string Name => "datainf";

    /// <summary>Loss whose gradients are compared.</summary>
    public Loss Loss { get; init; } = Loss.CrossEntropy;

    /// <summary>lambda as a fraction of the mean squared gradient entry of a layer.</summary>
    public double Damping { get; init; } = 0.1;

    /// <inheritdoc/>
    public override double[] SelfInfluence(Dataset data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        var result = new double[data.Count];
        foreach (InfluenceTile tile in Compute(data, data, null, cancellationToken))
        {
            for (int row = 0; row < tile.TestCount; row++)
            {
                result[tile.TestStart + row] = tile.Row(row)[tile.TestStart + row];
            }
        }

        return result;
    }

    private protected override IEnumerable<InfluenceTile> Tiles(
        Dataset train, Dataset test, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var tests = new CaptureSource(model, test, Loss, GradientScope.Model, BatchSize);
        using var trains = new CaptureSource(model, train, Loss, GradientScope.Model, BatchSize);
        CaptureSet sample = tests.Run(0, 1);
        long bytes = CaptureBlock.BytesPerSample(sample);
        int held = (int)Math.Clamp(HeldBytes / bytes, 1, train.Count);
        double[][] norms = Norms(trains, cancellationToken);
        double[] damping = [.. norms.Select((n, l) => Damping * n.Average() / Dimension(model.Parameters.Layout, trains, l))];
        int rows = (int)Math.Clamp(Math.Min(InfluenceTiles.RowsFor(train.Count) / (norms.Length + 1), HeldBytes / bytes), 1, test.Count);
        var kernels = model.Device.Kernels;
        using var left = new CaptureBlock(Math.Max(rows, held));
        using var right = new CaptureBlock(trains.BatchSize);
        using Tensor result = model.Device.Allocate([rows, train.Count]);
        Tensor[] weighted = [.. norms.Select(_ => model.Device.Allocate([rows, train.Count]))];
        try
        {
            for (int start = 0; start < test.Count; start += rows)
            {
                int count = Math.Min(rows, test.Count - start);
                Fill(left, tests, start, count, cancellationToken);
                FirstTerm(kernels, left, right, trains, norms, damping, result, weighted, cancellationToken);
                for (int at = 0; at < train.Count; at += held)
                {
                    int width = Math.Min(held, train.Count - at);
                    Fill(left, trains, at, width, cancellationToken);
                    SecondTerm(kernels, left, at, right, trains, damping, count, result, weighted, cancellationToken);
                    progress?.Report((start + ((double)count * (at + width) / train.Count)) / test.Count);
                }

                yield return new InfluenceTile(start, train.Count, result.View(0, [count, train.Count]).ToArray());
            }
        }
        finally
        {
            Array.ForEach(weighted, w => w.Dispose());
        }
    }

    private static long Dimension(ParameterLayout layout, CaptureSource source, int group)
    {
        using var block = new CaptureBlock(1);
        block.Append(source.Run(0, 1));
        ParameterUses uses = block.Captures.Parameters[group];
        return uses.Role == ParameterRole.Weight ? uses.Captures[0].WeightShape.Count : layout.Parameters[uses.Parameter].Shape.Count;
    }

    private static void Fill(CaptureBlock block, CaptureSource source, int start, int count, CancellationToken cancellationToken)
    {
        block.Clear();
        for (int at = 0; at < count; at += source.BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            block.Append(source.Run(start + at, Math.Min(source.BatchSize, count - at)));
        }
    }

    /// <summary>||g_i||^2 by layer.</summary>
    private static double[][] Norms(CaptureSource source, CancellationToken cancellationToken)
    {
        using var block = new CaptureBlock(source.BatchSize);
        double[][]? norms = null;
        for (int start = 0; start < source.Data.Count; start += source.BatchSize)
        {
            Fill(block, source, start, Math.Min(source.BatchSize, source.Data.Count - start), cancellationToken);
            norms ??= [.. block.Captures.Parameters.Select(_ => new double[source.Data.Count])];
            PairwiseGradients.SquaredNorms(block.Captures, (layer, values) => values.CopyTo(norms[layer].AsSpan(start)));
        }

        return norms!;
    }

    /// <summary>result = sum over layers of V / lambda with V = g_t.g_i; weighted = V / (N lambda (lambda + ||g_i||^2)).</summary>
    private static void FirstTerm(
        IKernels kernels, CaptureBlock tests, CaptureBlock block, CaptureSource trains, double[][] norms, double[] damping, Tensor result,
        Tensor[] weighted, CancellationToken cancellationToken)
    {
        int total = trains.Data.Count, count = tests.Count;
        var sum = new float[count * total];
        var scaled = norms.Select(_ => new float[count * total]).ToArray();
        using Tensor products = result.Device.Allocate([count, trains.BatchSize]);
        for (int at = 0; at < total; at += trains.BatchSize)
        {
            int width = Math.Min(trains.BatchSize, total - at);
            Fill(block, trains, at, width, cancellationToken);
            for (int layer = 0; layer < norms.Length; layer++)
            {
                Tensor part = Gram(kernels, tests, block, layer, products);
                float[] values = part.ToArray();
                double lambda = damping[layer];
                float[] factors = [.. norms[layer].Skip(at).Take(width).Select(n => lambda == 0 ? 0 : (float)(1 / (total * lambda * (lambda + n))))];
                for (int row = 0; row < count; row++)
                {
                    ReadOnlySpan<float> line = values.AsSpan(row * width, width);
                    Span<float> target = sum.AsSpan((row * total) + at, width);
                    TensorPrimitives.MultiplyAdd(line, lambda == 0 ? 0 : (float)(1 / lambda), target, target);
                    TensorPrimitives.Multiply(line, factors, scaled[layer].AsSpan((row * total) + at, width));
                }
            }
        }

        result.View(0, [count, total]).CopyFrom(sum);
        for (int layer = 0; layer < norms.Length; layer++)
        {
            weighted[layer].View(0, [count, total]).CopyFrom(scaled[layer]);
        }
    }

    /// <summary>result -= weighted[:, I] (g_i.g_j) for the training samples I of a block and all j.</summary>
    private static void SecondTerm(
        IKernels kernels, CaptureBlock held, int first, CaptureBlock block, CaptureSource trains, double[] damping, int count, Tensor result,
        Tensor[] weighted, CancellationToken cancellationToken)
    {
        int total = trains.Data.Count;
        using Tensor products = result.Device.Allocate([held.Count, trains.BatchSize]);
        for (int at = 0; at < total; at += trains.BatchSize)
        {
            int width = Math.Min(trains.BatchSize, total - at);
            Fill(block, trains, at, width, cancellationToken);
            for (int layer = 0; layer < damping.Length; layer++)
            {
                Tensor part = Gram(kernels, held, block, layer, products);
                kernels.LinearAlgebra.Gemm(
                    false, false, -1, new Matrix(weighted[layer], first, count, held.Count, total), new Matrix(part, held.Count, width), 1,
                    new Matrix(result, at, count, width, total));
            }
        }
    }

    private static Tensor Gram(IKernels kernels, CaptureBlock left, CaptureBlock right, int layer, Tensor products)
    {
        Tensor part = products.View(0, [left.Count, right.Count]);
        ParameterUses rows = left.Captures.Parameters[layer];
        kernels.PerSample.Gram(rows.Uses, right.Captures.Parameters[layer].Uses, rows.Role, accumulate: false, part);
        return part;
    }
}
