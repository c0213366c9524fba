using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Influence;

/// <summary>By what the influence of a training sample is divided (RelatIF, arXiv 2003.11630).</summary>
public enum RelativeInfluence
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>sqrt(g_i^T C^-1 g_i), l-RelatIF: influence per root of the change that the sample makes to the loss on itself.</summary>
    Loss,

    /// <summary>||C^-1 g_i||, theta-RelatIF: influence per change that the sample makes to the parameters.</summary>
    Parameters,
}

/// <summary>
/// Influence functions (Koh and Liang, arXiv 1703.04730): I(t, i) = g_t^T (C + damping I)^-1 g_i, with the curvature C of the mean
/// training loss.
/// </summary>
/// <remarks>
/// <para>I / N predicts by how much the loss of t grows when i is left out of N training samples.</para>
/// <para>One solve per test sample, then products with the training samples' gradients from their captures: 2 P operations per
/// pair and position, no training gradient stored. Memory: the solutions of the test samples of a tile, P floats each and at
/// most 128 MiB. Float32 vectors; deterministic, independent of the number of threads.</para>
/// </remarks>
/// <param name="model">A trained model.</param>
/// <param name="inverse">The inverse curvature.</param>
public sealed class InfluenceFunction(IModel model, InverseCurvature inverse) : InfluenceMethod
{
    private readonly IModel _model = model ?? throw new ArgumentNullException(nameof(model));
    private readonly InverseCurvature _inverse = inverse ?? throw new ArgumentNullException(nameof(inverse));

    /// <inheritdoc/>
    public override string Name => Relative switch
    {
        RelativeInfluence.Loss => "relatif",
        RelativeInfluence.Parameters => "relatif-theta",
        _ => _inverse.Name,
    };

    /// <summary>Loss whose gradients and curvature count.</summary>
    public Loss Loss { get; init; } = Loss.CrossEntropy;

    /// <summary>By what influences are divided.</summary>
    public RelativeInfluence Relative { get; init; }

    /// <summary>The largest relative residual among the solves of the latest computation; 0 for direct methods.</summary>
    public double LargestResidual { get; private set; }

    /// <inheritdoc/>
    /// <remarks>g_i^T (C + damping I)^-1 g_i, divided as the influences are; a solve per sample.</remarks>
    public override double[] SelfInfluence(Dataset data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        using InverseMap map = Open(data, cancellationToken);
        var result = new double[data.Count];
        Visit(map, data, (i, gradient, solved) =>
        {
            double self = gradient.Dot(solved);
            result[i] = self * Divisor(self, solved);
        }, null, cancellationToken);
        LargestResidual = map.LargestResidual;
        return result;
    }

    private protected override IEnumerable<InfluenceTile> Tiles(
        Dataset train, Dataset test, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using InverseMap map = Open(train, cancellationToken);
        double share = Relative == RelativeInfluence.None ? 0 : (double)train.Count / (train.Count + test.Count);
        float[]? divisors = Relative == RelativeInfluence.None ? null : Divisors(map, train, done => progress?.Report(share * done), cancellationToken);
        int dimension = checked((int)map.Layout.Count);
        int rows = (int)Math.Clamp(HeldBytes / sizeof(float) / Math.Max(1, dimension), 1, Math.Min(InfluenceTiles.RowsFor(train.Count), test.Count));
        using Tensor solved = _model.Device.Allocate([rows, dimension]);
        ParameterVector[] directions = [.. solved.Rows().Select(row => new ParameterVector(map.Layout, row))];
        var tile = new float[rows * train.Count];
        for (int start = 0; start < test.Count; start += rows)
        {
            int count = Math.Min(rows, test.Count - start), first = start;
            Visit(map, test.Subset([.. Enumerable.Range(start, count)]), (t, _, solution) => directions[t].Flat.Assign(solution),
                done => progress?.Report(share + ((1 - share) * (first + (count * done)) / test.Count)), cancellationToken);
            Multiply(map, train, directions.AsSpan(0, count), divisors, tile, cancellationToken);
            LargestResidual = map.LargestResidual;
            yield return new InfluenceTile(start, train.Count, tile.AsMemory(0, count * train.Count));
        }
    }

    private InverseMap Open(Dataset train, CancellationToken cancellationToken) =>
        _inverse.Open(new CurvatureSource(_model, train, Loss, Math.Min(BatchSize, train.Count), HeldBytes, cancellationToken));

    /// <summary>1 / ||C^-1 g|| or 1 / sqrt(g^T C^-1 g); 0 where a gradient vanishes, as its influence does.</summary>
    private double Divisor(double self, Tensor solved)
    {
        double divisor = Relative switch
        {
            RelativeInfluence.Loss => Math.Sqrt(Math.Max(0, self)),
            RelativeInfluence.Parameters => solved.Norm(),
            _ => 1,
        };
        return divisor == 0 ? 0 : 1 / divisor;
    }

    private float[] Divisors(InverseMap map, Dataset train, Action<double> report, CancellationToken cancellationToken)
    {
        var divisors = new float[train.Count];
        Visit(map, train, (i, gradient, solved) => divisors[i] = (float)Divisor(gradient.Dot(solved), solved), report, cancellationToken);
        return divisors;
    }

    /// <summary>Every sample's gradient and its solution, in the coordinates of the inverse.</summary>
    private void Visit(InverseMap map, Dataset data, Action<int, Tensor, Tensor> use, Action<double>? report, CancellationToken cancellationToken)
    {
        using var source = new CaptureSource(_model, data, Loss, GradientScope.Model, BatchSize);
        using var gradient = new ParameterVector(map.Layout, _model.Device);
        using Tensor solved = _model.Device.Allocate([checked((int)map.Layout.Count)]);
        for (int start = 0; start < data.Count; start += source.BatchSize)
        {
            int count = Math.Min(source.BatchSize, data.Count - start);
            CaptureSet captures = map.Map(source.Run(start, count));
            for (int i = 0; i < count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                captures.Sample(i).WeightedSum(null, 0, gradient);
                map.Solve(gradient.Flat, solved);
                use(start + i, gradient.Flat, solved);
                report?.Invoke((start + i + 1.0) / data.Count);
            }
        }
    }

    /// <summary>tile[t, i] = direction_t . g_i divisor_i.</summary>
    private void Multiply(
        InverseMap map, Dataset train, ReadOnlySpan<ParameterVector> directions, float[]? divisors, float[] tile, CancellationToken cancellationToken)
    {
        using var source = new CaptureSource(_model, train, Loss, GradientScope.Model, BatchSize);
        using Tensor products = _model.Device.Allocate([directions.Length, source.BatchSize]);
        var host = new float[products.Count];
        for (int start = 0; start < train.Count; start += source.BatchSize)
        {
            int width = Math.Min(source.BatchSize, train.Count - start);
            CaptureSet captures = map.Map(source.Run(start, width));
            using var work = new PerSampleScalar(_model.Device, map.Layout.Parameters.Count, width);
            for (int t = 0; t < directions.Length; t++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                captures.Dots(directions[t], work, products.View((long)t * width, [width]));
            }

            products.View(0, [directions.Length, width]).CopyTo(host);
            for (int t = 0; t < directions.Length; t++)
            {
                Span<float> values = host.AsSpan(t * width, width), target = tile.AsSpan((t * train.Count) + start, width);
                if (divisors is null)
                {
                    values.CopyTo(target);
                }
                else
                {
                    TensorPrimitives.Multiply(values, divisors.AsSpan(start, width), target);
                }
            }
        }
    }
}
