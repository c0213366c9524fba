using KernelCore.Conformance;
using KernelCore.Kernels;
using KernelCore.Models;
using ErrorFunction = KernelCore.Kernels.Definitions.ErrorFunction;

namespace KernelCore.Tests.Models;

/// <summary>One sample's value inside the reference network: double numbers and their extents, without a batch axis.</summary>
internal readonly record struct Value(double[] Data, int[] Shape)
{
    public int Last => Shape[^1];

    public Value With(double[] data) => new(data, Shape);
}

/// <summary>
/// The network once more, in double and as plainly as the definitions read: the independent truth for the forward pass,
/// and by central differences for the gradients. Samples are separate but for batch statistics.
/// </summary>
internal sealed class ReferenceNetwork
{
    private readonly Network _network;
    private readonly bool _training;
    private readonly ulong _seed, _pass;
    private ulong _dropouts;

    /// <param name="network">Gives layers, weights and running statistics.</param>
    /// <param name="training">Whether dropout and batch statistics are on.</param>
    /// <param name="seed">Seed of the network.</param>
    /// <param name="pass">Number of the training pass, from 1.</param>
    public ReferenceNetwork(Network network, bool training = false, ulong seed = 0, ulong pass = 1)
    {
        (_network, _training, _seed, _pass) = (network, training, seed, pass);
        foreach (ParameterInfo parameter in network.Parameters.Layout.Parameters)
        {
            Parameters[parameter.Name] = DoubleArrays.Widen(network.Parameters[parameter.Name]);
        }
    }

    /// <summary>Weights by name, open to changes.</summary>
    public Dictionary<string, double[]> Parameters { get; } = [];

    /// <summary>Outputs of every sample.</summary>
    public double[][] Outputs(Batch batch)
    {
        _dropouts = 0;
        return [.. Run(_network.Layers.Select((l, i) => ($"{i}", l)), Inputs(batch)).Select(v => v.Data)];
    }

    /// <summary>Loss of every sample.</summary>
    public double[] Losses(Batch batch, Loss loss)
    {
        int[]? labels = batch.Labels?.ToArray();
        double[]? targets = batch.Targets is { } t ? DoubleArrays.Widen(t) : null;
        return [.. Outputs(batch).Select((s, i) => loss == Loss.MeanSquaredError
            ? s.Select((v, c) => Square(v - targets![(i * s.Length) + c])).Average()
            : targets is null ? LogSum(s) - s[labels![i]]
            : s.Select((v, c) => targets[(i * s.Length) + c] * (LogSum(s) - v)).Sum())];
    }

    /// <summary>dloss_i/dparameter of every sample, [batch][parameter], by central differences.</summary>
    public double[][] Gradients(Batch batch, Loss loss, string parameter)
    {
        const double Step = 1e-5;
        double[] weights = Parameters[parameter];
        double[][] gradients = [.. Enumerable.Range(0, batch.Count).Select(_ => new double[weights.Length])];
        for (int k = 0; k < weights.Length; k++)
        {
            double kept = weights[k];
            weights[k] = kept + Step;
            double[] above = Losses(batch, loss);
            weights[k] = kept - Step;
            double[] below = Losses(batch, loss);
            weights[k] = kept;
            for (int i = 0; i < gradients.Length; i++)
            {
                gradients[i][k] = (above[i] - below[i]) / (2 * Step);
            }
        }

        return gradients;
    }

    private static Value[] Inputs(Batch batch)
    {
        double[] all = batch.Features is { } features ? DoubleArrays.Widen(features) : Array.ConvertAll(batch.Tokens!.ToArray(), t => (double)t);
        int[] shape = batch.InputShape.DropFirst().ToArray();
        int size = shape.Aggregate(1, (a, b) => a * b);
        return [.. Enumerable.Range(0, batch.Count).Select(i => new Value(all[(i * size)..((i + 1) * size)], shape))];
    }

    private Value[] Run(IEnumerable<(string Name, Layer Layer)> layers, Value[] samples) =>
        layers.Aggregate(samples, (current, l) => Apply(l.Layer, l.Name, current));

    private Value[] Apply(Layer layer, string name, Value[] x) => layer switch
    {
        Residual residual => [.. Run(residual.Body.Select((l, i) => ($"{name}.body.{i}", l)), x).Zip(x, (y, skip) => skip.With(Sum(skip.Data, y.Data)))],
        Reuse reuse => Apply(Find(reuse.Layer), reuse.Layer, x),
        BatchNorm2d norm => BatchNorm(norm, name, x),
        Dropout dropout => Drop(dropout.P, x),
        _ => [.. x.Select(v => Apply(layer, name, v))],
    };

    private Value Apply(Layer layer, string name, Value x) => layer switch
    {
        Linear linear => Linear(x, W(linear.Tie ?? name), linear.Bias ? B(name) : null, linear.Out),
        Conv1d c => ReferenceWindows.Convolve(x, W(name), c.Bias ? B(name) : null, c.Out, c.Groups, (1, c.Kernel), (1, c.Stride), new Padding2D(0, c.Padding), (1, c.Dilation)),
        Conv2d c => ReferenceWindows.Convolve(
            x, W(name), c.Bias ? B(name) : null, c.Out, c.Groups, Pair(c.Kernel), Pair(c.Stride ?? 1), c.Padding ?? 0, Pair(c.Dilation ?? 1)),
        MaxPool2d p => ReferenceWindows.Pool(x, Pair(p.Kernel), Pair(p.Stride ?? p.Kernel), Pair(p.Padding ?? 0), seen => seen.Max()),
        AvgPool2d p => ReferenceWindows.Pool(x, Pair(p.Kernel), Pair(p.Stride ?? p.Kernel), Pair(p.Padding ?? 0), seen => seen.Sum() / (p.Kernel.Height * p.Kernel.Width)),
        GlobalAvgPool2d => new Value([.. x.Data.Chunk(x.Shape[1] * x.Shape[2]).Select(c => c.Average())], [x.Shape[0]]),
        MeanTokens => new Value([.. Enumerable.Range(0, x.Last).Select(d => x.Data.Where((_, i) => i % x.Last == d).Average())], [x.Last]),
        Flatten => new Value(x.Data, [x.Data.Length]),
        LayerNorm n => LayerNorm(n, name, x),
        GroupNorm n => GroupNorm(n, name, x),
        Embedding e => new Value([.. x.Data.SelectMany(t => Table(e, name, (int)t).Skip((int)t * e.Dim).Take(e.Dim))], [x.Data.Length, e.Dim]),
        PositionalEmbedding => x.With(Sum(x.Data, W(name))),
        SelfAttention a => Attention(a, name, x),
        _ => x.With(Array.ConvertAll(x.Data, v => Activation(layer, v))),
    };

    private static double Activation(Layer layer, double x) => layer switch
    {
        ReLU => Math.Max(x, 0),
        LeakyReLU l => x > 0 ? x : l.NegativeSlope * x,
        GELU { Approximate: "tanh" } => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        GELU => x / 2 * (1 + ErrorFunction.Erf(x / Math.Sqrt(2))),
        SiLU => x / (1 + Math.Exp(-x)),
        Tanh => Math.Tanh(x),
        Sigmoid => 1 / (1 + Math.Exp(-x)),
        Softplus => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))),
        _ => throw new NotSupportedException($"{layer}"),
    };

    /// <summary>The weights that a token looks up. Looking up the padding row is not differentiated: it reads a constant.</summary>
    private IEnumerable<double> Table(Embedding layer, string name, int token) =>
        token == layer.PaddingIdx ? DoubleArrays.Widen(_network.Parameters[$"{name}.weight"]) : W(name);

    private static Value Linear(Value x, double[] weight, double[]? bias, int width)
    {
        var y = x.Data.Chunk(x.Last).SelectMany(row => Enumerable.Range(0, width).Select(
            o => row.Select((v, i) => v * weight[(o * row.Length) + i]).Sum() + (bias?[o] ?? 0)));
        return new Value([.. y], [.. x.Shape[..^1], width]);
    }

    private Value LayerNorm(LayerNorm layer, string name, Value x)
    {
        double[] gamma = W(name), beta = layer.Bias ? B(name) : new double[layer.Dim];
        return x.With([.. x.Data.Chunk(layer.Dim).SelectMany(row => Normalize(row, layer.Eps).Select((v, i) => (gamma[i] * v) + beta[i]))]);
    }

    private Value GroupNorm(GroupNorm layer, string name, Value x)
    {
        double[] gamma = W(name), beta = B(name);
        int plane = x.Data.Length / layer.Channels;
        var normalized = x.Data.Chunk(x.Data.Length / layer.Groups).SelectMany(group => Normalize(group, layer.Eps));
        return x.With([.. normalized.Select((v, i) => (gamma[i / plane] * v) + beta[i / plane])]);
    }

    private Value[] BatchNorm(BatchNorm2d layer, string name, Value[] x)
    {
        double[] gamma = W(name), beta = B(name);
        double[] mean = DoubleArrays.Widen(_network.Buffers[$"{name}.running_mean"]), variance = DoubleArrays.Widen(_network.Buffers[$"{name}.running_var"]);
        int plane = x[0].Data.Length / layer.Channels;
        for (int c = 0; c < layer.Channels && _training; c++)
        {
            double[] all = [.. x.SelectMany(s => s.Data.Skip(c * plane).Take(plane))];
            mean[c] = all.Average();
            variance[c] = all.Average(v => Square(v - mean[c]));
        }

        return [.. x.Select(s => s.With([.. s.Data.Select((v, i) =>
            (gamma[i / plane] * (v - mean[i / plane]) / Math.Sqrt(variance[i / plane] + layer.Eps)) + beta[i / plane])]))];
    }

    private Value[] Drop(float rate, Value[] x)
    {
        ulong stream = (++_dropouts << 40) + _pass, element = 0;
        return !_training ? x : [.. x.Select(s => s.With(Array.ConvertAll(
            s.Data, v => Philox.Uniform(_seed, stream, element++) >= rate ? v / (1 - rate) : 0)))];
    }

    private Value Attention(SelfAttention layer, string name, Value x)
    {
        int tokens = x.Shape[0], dim = layer.Dim, size = dim / layer.Heads;
        double[] qkv = Linear(x, W($"{name}.in_proj"), B($"{name}.in_proj"), 3 * dim).Data;
        var mixed = new double[tokens * dim];
        for (int h = 0; h < layer.Heads; h++)
        {
            double At(int token, int part, int d) => qkv[(token * 3 * dim) + (part * dim) + (h * size) + d];
            for (int t = 0; t < tokens; t++)
            {
                double[] scores = [.. Enumerable.Range(0, tokens).Select(s => Enumerable.Range(0, size).Sum(d => At(t, 0, d) * At(s, 1, d)) / Math.Sqrt(size))];
                double log = LogSum(scores);
                for (int d = 0; d < size; d++)
                {
                    mixed[(t * dim) + (h * size) + d] = scores.Select((v, s) => Math.Exp(v - log) * At(s, 2, d)).Sum();
                }
            }
        }

        return Linear(x.With(mixed), W($"{name}.out_proj"), B($"{name}.out_proj"), dim);
    }

    private static IEnumerable<double> Normalize(double[] row, double epsilon)
    {
        double mean = row.Average(), variance = row.Average(v => Square(v - mean));
        return row.Select(v => (v - mean) / Math.Sqrt(variance + epsilon));
    }

    private static double LogSum(double[] s) => s.Max() + Math.Log(s.Sum(v => Math.Exp(v - s.Max())));

    private static double Square(double x) => x * x;

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (u, v) => u + v)];

    private static (int Y, int X) Pair(Extent2D extent) => (extent.Height, extent.Width);

    private Layer Find(string name)
    {
        string[] path = name.Split(".body.");
        return path[1..].Aggregate(_network.Layers[int.Parse(path[0])], (layer, i) => ((Residual)layer).Body[int.Parse(i)]);
    }

    private double[] W(string layer) => Parameters[$"{layer}.weight"];

    private double[] B(string layer) => Parameters[$"{layer}.bias"];
}
