using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Benchmarks;

/// <summary>The least work for each quantity, by formula: what the measured times are held against.</summary>
/// <remarks>
/// Counted are the products of the layers, for B samples, T positions, d inputs, p outputs, heads of all widths w together:
/// <list type="table">
/// <item><term>forward</term><description>2BTpd per layer, 4BT^2 w for attention</description></item>
/// <item><term>backward</term><description>2BTpd per layer behind the first, 8BT^2 w for attention</description></item>
/// <item><term>weight gradients</term><description>2BTpd per layer</description></item>
/// <item><term>norms</term><description>the least of rank one 2B(p + d) (T = 1), Gram BT^2(p + d), fused outer product 2BTpd + 2Bpd</description></item>
/// <item><term>clip + sum</term><description>the lesser of norms with weight gradients, and gradients formed once, squared and added, 2BTpd + 4Bpd</description></item>
/// <item><term>cosine</term><description>2BTp: the dot of the backprop with the layer's own output</description></item>
/// <item><term>dot with v</term><description>2BTpd + 2BTp</description></item>
/// <item><term>Gram of the batch</term><description>B^2(p + d) (T = 1), else the lesser of B^2T^2(p + d) and 2BTpd + B^2pd; half of all pairs</description></item>
/// <item><term>squared sum</term><description>2Bpd (T = 1), else 2BTpd + 2Bpd</description></item>
/// <item><term>projection to k x k</term><description>2BTdk + 2BTpk + 2BTk^2; a side no longer than k is kept and costs nothing</description></item>
/// <item><term>tangent of a pass</term><description>the pass twice, since both factors of every product move; only the input of a first layer does not</description></item>
/// <item><term>H v</term><description>the passes, their tangents, and 2BTpd for each of rg a^T and g ra^T</description></item>
/// <item><term>G v</term><description>the forward pass, its tangent, a backward pass, and 2BTpd for rg a^T</description></item>
/// <item><term>F v</term><description>dot with v and weight gradient</description></item>
/// <item><term>influence of N on M samples</term><description>the passes over N + M samples, 2NM(p + d) per layer (T = 1)</description></item>
/// </list>
/// Convolutions count as Linear with d the patch size. Traffic: a pass reads every weight once, writes what each
/// parametric layer puts out once and reads it once (activation functions fused); a per-sample quantity reads each layer's input and backprop
/// once and writes its result. Biases, activation functions and norm layers' arithmetic count nothing, caches are not
/// credited, so the byte limit is a convention where data fits in cache and the flop limit is a strict bound.
/// </remarks>
internal static class Limits
{
    private const double Float = sizeof(float);

    /// <summary>Work of a quantity, the passes it needs included.</summary>
    public static KernelWork Of(Workload workload, Quantity quantity)
    {
        IReadOnlyList<Product> products = Product.Trace(workload);
        double batch = workload.Batch;
        KernelWork forward = Sum(products, p => Forward(p, batch));
        // Nothing in front of a leading product has parameters, so its input gradient is not needed.
        IReadOnlyList<Product> propagating = workload.Layers[0] is Linear or Conv2d ? [.. products.Skip(1)] : products;
        KernelWork backward = Sum(propagating, p => Backward(p, batch)), floor = forward + backward;
        KernelWork norms = Sum(products, p => Norms(p, batch));
        KernelWork gradient = Sum(products, p => Gradient(p, batch));
        KernelWork dots = Sum(products, p => Dots(p, batch));
        KernelWork tangent = forward + Sum(propagating, p => Forward(p, batch));
        KernelWork gaussNewton = tangent + backward + gradient;
        KernelWork hessian = gaussNewton + backward + Sum(propagating, p => Gradient(p, batch));
        return quantity switch
        {
            Quantity.Forward => forward,
            Quantity.Floor => floor,
            Quantity.ForwardBackward => floor + gradient,
            Quantity.Norms => floor + norms,
            Quantity.NormsCosine => floor + norms + Sum(products, p => OutputDots(p, batch)),
            Quantity.Dot => floor + dots,
            Quantity.ClipSum => floor + Sum(products, p => ClipSum(p, batch)),
            Quantity.Gram => floor + Sum(products, p => PairwiseDots(p, batch)),
            Quantity.SquaredSum => floor + Sum(products, p => SquaredSum(p, batch)),
            Quantity.Projection => floor + Sum(products, p => Projection(p, batch)),
            Quantity.Hessian => floor + hessian,
            Quantity.HessianFurther => hessian,
            Quantity.GaussNewton => forward + gaussNewton,
            Quantity.GaussNewtonFurther => gaussNewton,
            Quantity.Fisher => dots + gradient,
            _ => throw new ArgumentOutOfRangeException(nameof(quantity)),
        };
    }

    /// <summary>Work of all products between the gradients of two sets of samples, the passes over both included.</summary>
    /// <param name="workload">A model on vectors; its batch is that of the passes.</param>
    /// <param name="trains">Samples of one set.</param>
    /// <param name="tests">Samples of the other.</param>
    /// <param name="head">Whether only the gradients of the last layer count, which need no backward pass.</param>
    public static KernelWork OfInfluence(Workload workload, double trains, double tests, bool head)
    {
        double samples = trains + tests, pairs = trains * tests;
        KernelWork pass = Of(workload, head ? Quantity.Forward : Quantity.Floor);
        return (samples / workload.Batch * pass) + Work(0, Float * pairs)
            + Sum(Product.Trace(workload).TakeLast(head ? 1 : int.MaxValue), p => Work(2 * pairs * (p.Rows + p.Columns), Float * p.Captured(samples)));
    }

    private static KernelWork Forward(Product p, double batch) =>
        Work(p.Flops(batch) + (p.IsAttentionInput ? 4 * batch * p.Positions * p.Positions * p.AttentionWidth : 0), Float * (p.Weights + (2 * p.Outputs(batch))));

    private static KernelWork Backward(Product p, double batch) => Work(
        p.Flops(batch) + (p.IsAttentionInput ? 8 * batch * p.Positions * p.Positions * p.AttentionWidth : 0),
        Float * (p.Weights + (3 * p.Outputs(batch))));

    private static KernelWork Gradient(Product p, double batch) => Work(p.Flops(batch), Float * (p.Weights + p.Captured(batch)));

    private static KernelWork Norms(Product p, double batch)
    {
        double t = p.Positions, sum = p.Rows + p.Columns, product = p.Weights;
        double flops = p.Positions == 1 ? 2 * batch * sum
            : Math.Min(batch * t * t * sum, (2 * batch * t * product) + (2 * batch * product));
        return Work(flops, Float * p.Captured(batch));
    }

    private static KernelWork ClipSum(Product p, double batch)
    {
        KernelWork gradient = Gradient(p, batch), twice = Norms(p, batch) + gradient, once = gradient + Work(4 * batch * p.Weights, 0);
        return twice.Flops <= once.Flops ? twice : once;
    }

    private static KernelWork OutputDots(Product p, double batch) => Work(2 * p.Outputs(batch), Float * p.Outputs(batch));

    private static KernelWork Dots(Product p, double batch) => Work(p.Flops(batch) + (2 * p.Outputs(batch)), Float * (p.Weights + p.Captured(batch)));

    private static KernelWork PairwiseDots(Product p, double batch)
    {
        double t = p.Positions, pairs = batch * batch * (p.Rows + p.Columns);
        double flops = p.Positions == 1 ? pairs : Math.Min(t * t * pairs, p.Flops(batch) + (batch * batch * p.Weights));
        return Work(flops, Float * (p.Captured(batch) + (batch * batch)));
    }

    private static KernelWork SquaredSum(Product p, double batch) => Work(
        p.Positions == 1 ? 2 * batch * p.Weights : p.Flops(batch) + (2 * batch * p.Weights), Float * (p.Weights + p.Captured(batch)));

    private static KernelWork Projection(Product p, double batch)
    {
        const double side = WorkloadSession.ProjectionSide;
        double rows = Math.Min(p.Rows, side), columns = Math.Min(p.Columns, side);
        double perPosition = (p.Rows > side ? p.Rows * side : 0) + (p.Columns > side ? p.Columns * side : 0) + (rows * columns);
        return Work(2 * batch * p.Positions * perPosition, Float * (p.Captured(batch) + (batch * rows * columns)));
    }

    private static KernelWork Work(double flops, double bytes) => new(flops, 0, bytes);

    private static KernelWork Sum(IEnumerable<Product> products, Func<Product, KernelWork> work) => products.Select(work).Aggregate((a, b) => a + b);
}
