using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Benchmarks;

/// <summary>Arithmetic and memory traffic of a computation.</summary>
/// <param name="Flops">Multiplications and additions.</param>
/// <param name="Bytes">Bytes read and written.</param>
public readonly record struct Work(double Flops, double Bytes)
{
    /// <summary>One after the other.</summary>
    public static Work operator +(Work a, Work b) => new(a.Flops + b.Flops, a.Bytes + b.Bytes);

    /// <summary>The least time that a machine of these rates allows: the longer of both.</summary>
    public double Seconds(MachineRates rates) => Math.Max(Flops / rates.FlopsPerSecond, Bytes / rates.BytesPerSecond);
}

/// <summary>The least work for each quantity, by formula: what the measured times are held against.</summary>
/// <remarks>
/// Counted are the products of the layers, for B samples, T positions, d inputs, p outputs, heads of all widths w together:
/// <list type="table">
/// <item><term>forward</term><description>2BTpd per layer, 4BT^2 w for attention</description></item>
/// <item><term>backward</term><description>2BTpd per layer behind the first, 8BT^2 w for attention</description></item>
/// <item><term>weight gradients, clip + sum</term><description>2BTpd per layer</description></item>
/// <item><term>norms</term><description>the least of rank one 2B(p + d) (T = 1), Gram BT^2(p + d), fused outer product 2BTpd + 2Bpd</description></item>
/// <item><term>cosine</term><description>2BTp: the dot of the backprop with the layer's own output</description></item>
/// <item><term>dot with v</term><description>2BTpd + 2BTp</description></item>
/// <item><term>Gram of the batch</term><description>B^2(p + d) (T = 1), else the lesser of B^2T^2(p + d) and 2BTpd + B^2pd; half of all pairs</description></item>
/// <item><term>squared sum</term><description>2Bpd (T = 1), else 2BTpd + 2Bpd</description></item>
/// </list>
/// Convolutions count as Linear with d the patch size. Traffic: a pass reads every weight once, writes what each
/// parametric layer puts out once and reads it once (activation functions fused); a per-sample quantity reads each layer's input and backprop
/// once and writes its result. Biases, activation functions and norm layers' arithmetic count nothing, caches are not
/// credited, so the byte limit is a convention where data fits in cache and the flop limit is a strict bound.
/// </remarks>
public static class Limits
{
    private const double Float = sizeof(float);

    /// <summary>Work of a quantity, the passes it needs included.</summary>
    public static Work Of(Workload workload, Quantity quantity)
    {
        IReadOnlyList<Product> products = Product.Trace(workload);
        double batch = workload.Batch;
        Work forward = Sum(products, p => Forward(p, batch));
        // Nothing in front of a leading product has parameters, so its input gradient is not needed.
        IEnumerable<Product> propagating = workload.Layers[0] is Linear or Conv2d ? products.Skip(1) : products;
        Work floor = forward + Sum(propagating, p => Backward(p, batch));
        Work norms = Sum(products, p => Norms(p, batch));
        Work gradient = Sum(products, p => Gradient(p, batch));
        return quantity switch
        {
            Quantity.Forward => forward,
            Quantity.Floor => floor,
            Quantity.ForwardBackward => floor + gradient,
            Quantity.Norms => floor + norms,
            Quantity.NormsCosine => floor + norms + Sum(products, p => OutputDots(p, batch)),
            Quantity.Dot => floor + Sum(products, p => Dots(p, batch)),
            Quantity.ClipSum => floor + norms + gradient,
            Quantity.Gram => floor + Sum(products, p => PairwiseDots(p, batch)),
            Quantity.SquaredSum => floor + Sum(products, p => SquaredSum(p, batch)),
            _ => throw new ArgumentOutOfRangeException(nameof(quantity)),
        };
    }

    private static Work Forward(Product p, double batch) =>
        new(p.Flops(batch) + (p.IsAttentionInput ? 4 * batch * p.Positions * p.Positions * p.AttentionWidth : 0), Float * (p.Weights + (2 * p.Outputs(batch))));

    private static Work Backward(Product p, double batch) => new(
        p.Flops(batch) + (p.IsAttentionInput ? 8 * batch * p.Positions * p.Positions * p.AttentionWidth : 0),
        Float * (p.Weights + (3 * p.Outputs(batch))));

    private static Work Gradient(Product p, double batch) => new(p.Flops(batch), Float * (p.Weights + p.Captured(batch)));

    private static Work Norms(Product p, double batch)
    {
        double t = p.Positions, sum = p.Rows + p.Columns, product = p.Weights;
        double flops = p.Positions == 1 ? 2 * batch * sum
            : Math.Min(batch * t * t * sum, (2 * batch * t * product) + (2 * batch * product));
        return new Work(flops, Float * p.Captured(batch));
    }

    private static Work OutputDots(Product p, double batch) => new(2 * p.Outputs(batch), Float * p.Outputs(batch));

    private static Work Dots(Product p, double batch) => new(p.Flops(batch) + (2 * p.Outputs(batch)), Float * (p.Weights + p.Captured(batch)));

    private static Work PairwiseDots(Product p, double batch)
    {
        double t = p.Positions, pairs = batch * batch * (p.Rows + p.Columns);
        double flops = p.Positions == 1 ? pairs : Math.Min(t * t * pairs, p.Flops(batch) + (batch * batch * p.Weights));
        return new Work(flops, Float * (p.Captured(batch) + (batch * batch)));
    }

    private static Work SquaredSum(Product p, double batch) => new(
        p.Positions == 1 ? 2 * batch * p.Weights : p.Flops(batch) + (2 * batch * p.Weights), Float * (p.Weights + p.Captured(batch)));

    private static Work Sum(IEnumerable<Product> products, Func<Product, Work> work) => products.Select(work).Aggregate((a, b) => a + b);
}

/// <summary>A layer as a matrix product: T positions per sample, weight [p, d].</summary>
/// <param name="Positions">T.</param>
/// <param name="Rows">p.</param>
/// <param name="Columns">d.</param>
/// <param name="Inputs">Elements of one sample's input, which overlapping patches share.</param>
/// <param name="AttentionWidth">Width of the attention between this projection and the next; 0 for none.</param>
internal sealed record Product(double Positions, double Rows, double Columns, double Inputs, double AttentionWidth = 0)
{
    public double Weights => Rows * Columns;

    public bool IsAttentionInput => AttentionWidth > 0;

    public double Flops(double batch) => 2 * batch * Positions * Weights;

    public double Outputs(double batch) => batch * Positions * Rows;

    /// <summary>Elements of the layer's input and backprop.</summary>
    public double Captured(double batch) => (batch * Inputs) + Outputs(batch);

    /// <summary>The products of a model in forward order.</summary>
    public static IReadOnlyList<Product> Trace(Workload workload)
    {
        Shape shape = workload.Sample;
        return [.. workload.Layers.SelectMany(layer => Trace(layer, ref shape))];
    }

    private static List<Product> Trace(Layer layer, ref Shape shape)
    {
        Shape input = shape;
        double positions = input.Rank == 2 ? input[0] : 1;
        switch (layer)
        {
            case Residual residual:
                var inner = new List<Product>();
                foreach (Layer child in residual.Body)
                {
                    inner.AddRange(Trace(child, ref shape));
                }

                return inner;
            case Linear linear:
                shape = input.WithLast(linear.Out);
                return [new Product(positions, linear.Out, linear.In, input.Count)];
            case SelfAttention attention:
                return
                [
                    new Product(positions, 3 * attention.Dim, attention.Dim, input.Count, attention.Dim),
                    new Product(positions, attention.Dim, attention.Dim, input.Count),
                ];
            case Conv2d convolution:
                shape = [convolution.Out, input[1], input[2]];
                return [new Product(input[1] * input[2], convolution.Out, convolution.In * convolution.Kernel.Height * convolution.Kernel.Width, input.Count)];
            case MaxPool2d pool:
                shape = [input[0], input[1] / pool.Kernel.Height, input[2] / pool.Kernel.Width];
                return [];
            case Flatten:
                shape = [(int)input.Count];
                return [];
            case MeanTokens:
                shape = [input[1]];
                return [];
            case ReLU or GELU or LayerNorm:
                return [];
            default:
                throw new ArgumentException($"no formula for a layer {layer.GetType().Name}", nameof(layer));
        }
    }
}
