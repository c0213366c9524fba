using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Benchmarks;

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
