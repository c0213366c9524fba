using KernelCore.Conformance;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Tests.Models;
using static KernelCore.Tests.Gradients.GradientOracle;

namespace KernelCore.Tests.Gradients;

/// <summary>Networks large enough to reach every blocked path: all quantities against the materialised gradients, reduced in double.</summary>
public sealed class ConsistencyTests
{
    private const int Count = 17;

    private static readonly NetworkCase[] Cases =
    [
        new("perceptron", [new Linear(70, 130), new ReLU(), new Linear(130, 65), new Tanh(), new Linear(65, 10)], [70]),
        new(
            "convolution",
            [
                new Conv2d(3, 20, 5, Padding: 2), new BatchNorm2d(20), new ReLU(), new MaxPool2d(2), new Residual([new Conv2d(20, 20, 3, Padding: 1, Groups: 5), new GroupNorm(4, 20), new SiLU()]),
                new Conv2d(20, 33, 3, Stride: 2), new GELU(), new Flatten(), new Linear(528, 10),
            ],
            [3, 21, 20]),
        new(
            "transformer",
            [
                new Embedding(50, 32, PaddingIdx: 0), new PositionalEmbedding(23, 32), new Residual([new LayerNorm(32), new SelfAttention(32, 4)]),
                new Residual([new LayerNorm(32), new Linear(32, 96), new GELU(), new Linear(96, 32)]), new Reuse("3"), new LayerNorm(32), new MeanTokens(), new Linear(32, 50, Tie: "0"),
            ],
            [23], Vocabulary: 50),
    ];

    public static TheoryData<string> Names => [.. Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_quantity_follows_from_the_materialised_gradients(string name)
    {
        using var device = new CpuDevice(2);
        GradientResult result = Evaluate(device, name, out Network network, out ParameterVector direction, out PerSampleEngine engine);
        using (network)
        using (direction)
        using (engine)
        {
            double[][] gradients = [.. Enumerable.Range(0, Count).Select(i => result.Gradients!.SelectMany(
                g => DoubleArrays.Widen(g.Span.Slice((int)(g.Count / Count) * i, (int)(g.Count / Count)))).ToArray())];
            double[] norms = [.. gradients.Select(Norm)], w = DoubleArrays.Widen(network.Parameters.Flat), v = DoubleArrays.Widen(direction.Flat);
            double largest = norms.Max(), clip = 0.5;
            double[] coefficients = [.. norms.Select(n => Math.Min(1, clip / n))];
            Assert.InRange(coefficients.Count(c => c < 1), 1, Count);
            Same(norms.Select(n => n * n), result.SquaredNorms!.Total, "squared norms", 0);
            Same(gradients.Select(g => Dot(g, w)), result.WeightDots!.Total, "weight dots", largest * Norm(w) * 0.1);
            Same(gradients.Select(g => Dot(g, v)), result.DirectionDots!.Total, "dots", largest * Norm(v) * 0.1);
            Same(gradients.Select((g, i) => Dot(g, w) / (norms[i] * Norm(w))), result.Cosines!.Total, "cosines", 0.1);
            Same(gradients.SelectMany(a => gradients.Select(b => Dot(a, b))), result.Gram!, "Gram", 0);
            Same(Combine(_ => 1, g => g), result.Sum!.Flat, "sum", 0);
            Same(Combine(i => coefficients[i], g => g), result.ClippedSum!.Flat, "clipped sum", 0);
            Same(Combine(_ => 1, g => g * g), result.SquaredSum!.Flat, "squared sum", 0);

            double[] Combine(Func<int, double> factor, Func<double, double> map)
            {
                var sum = new double[w.Length];
                for (int i = 0; i < Count; i++)
                {
                    for (int e = 0; e < sum.Length; e++)
                    {
                        sum[e] += factor(i) * map(gradients[i][e]);
                    }
                }

                return sum;
            }
        }

        void Same(IEnumerable<double> expected, Tensor actual, string what, double size) => AssertClose.Equal(expected, actual.ToArray(), 5e-6, $"{name}: {what}", size);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_quantity_has_the_same_bits_on_any_number_of_threads(string name)
    {
        float[][] expected = Bits(threads: 1);
        foreach (int threads in (int[])[2, 3])
        {
            Assert.Equal(expected, Bits(threads));
        }

        float[][] Bits(int threads)
        {
            using var device = new CpuDevice(threads);
            GradientResult r = Evaluate(device, name, out Network network, out ParameterVector direction, out PerSampleEngine engine);
            using (network)
            using (direction)
            using (engine)
            {
                Tensor[] all =
                [
                    r.SquaredNorms!.ByParameter, r.SquaredNorms.Total, r.WeightDots!.ByParameter, r.DirectionDots!.ByParameter, r.Cosines!.Total, r.Gram!, r.Sum!.Flat,
                    r.ClippedSum!.Flat, r.SquaredSum!.Flat, .. r.Gradients!,
                ];
                return [.. all.Select(t => t.ToArray())];
            }
        }
    }

    private static GradientResult Evaluate(Device device, string name, out Network network, out ParameterVector direction, out PerSampleEngine engine)
    {
        NetworkCase c = Cases.Single(c => c.Name == name);
        network = new Network(device, c.Layers, seed: 3);
        direction = new ParameterVector(network.Parameters.Layout, device);
        direction.Flat.CopyFrom(TestNumbers.Normal(99, (int)direction.Flat.Count));
        engine = new PerSampleEngine(network, Queries.Everything with { Direction = direction, ClipNorm = 0.5 });
        using Batch batch = c.Batch(device, Count);
        return engine.Evaluate(batch, Loss.CrossEntropy);
    }
}
