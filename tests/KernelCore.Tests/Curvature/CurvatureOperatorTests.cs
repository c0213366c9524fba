using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Curvature;

/// <summary>Curvature operators over batches and data sets.</summary>
public sealed class CurvatureOperatorTests : IDisposable
{
    private const int Samples = 11;

    private readonly CpuDevice _device = new(threads: 2);

    /// <summary>Hessian, Gauss-Newton, empirical Fisher.</summary>
    public static TheoryData<int> Kinds => [0, 1, 2];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ADataSetInPiecesIsTheWholeBatch(int kind)
    {
        using Network network = Network(_device);
        using Batch batch = WholeBatch();
        using Objective whole = new(network, Loss.CrossEntropy, batch), pieces = new(network, Loss.CrossEntropy, Data(), batchSize: 4);
        float[] expected = Product(Operator(kind, whole), 1), actual = Product(Operator(kind, pieces), 1);
        AssertClose(expected, actual);

        network.Parameters.Flat.Fill(0.05f);
        whole.Update();
        pieces.Update();
        AssertClose(Product(Operator(kind, whole), 1), Product(Operator(kind, pieces), 1));
        Assert.NotEqual(actual, Product(Operator(kind, pieces), 1));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheSumIsTheNumberOfSamplesTimesTheMean(int kind)
    {
        using Network network = Network(_device);
        using Objective mean = new(network, Loss.CrossEntropy, Data(), batchSize: 4), sum = new(network, Loss.CrossEntropy, Data(), batchSize: 4, Reduction.Sum);
        AssertClose(Product(Operator(kind, sum), 1), [.. Product(Operator(kind, mean), 1).Select(x => x * Samples)]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void SeveralVectorsGiveWhatEachGivesAlone(int kind)
    {
        using Network network = Network(_device);
        using Objective objective = new(network, Loss.CrossEntropy, Data(), batchSize: 4);
        CurvatureOperator curvature = Operator(kind, objective);
        Tensor[] x = [Vector(objective, 1), Vector(objective, 2), Vector(objective, 3)], y = [.. x.Select(v => _device.Allocate(v.Shape))];
        curvature.Apply(x, y);
        Assert.Equal(Product(curvature, 1), y[0].ToArray());
        Assert.Equal(Product(curvature, 2), y[1].ToArray());
        Assert.Equal(Product(curvature, 3), y[2].ToArray());
        Assert.Throws<ArgumentException>("y", () => curvature.Apply(x, y.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => curvature.Apply(_device.Allocate([1]), y[0]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RepeatedProductsAllocateNothing(int kind)
    {
        using var device = new CpuDevice(threads: 1);
        using Network network = Network(device);
        using Objective objective = new(network, Loss.CrossEntropy, Data(), batchSize: 4);
        CurvatureOperator curvature = Operator(kind, objective);
        using Tensor x = device.Allocate([curvature.Dimension]), y = device.Allocate([curvature.Dimension]);
        x.Fill(1);
        SteadyState.AssertNoAllocation(() => curvature.Apply(x, y));
    }

    [Fact]
    public void TheEmpiricalFisherIsTheMeanOfOuterProducts()
    {
        using Network network = Network(_device);
        using Batch batch = WholeBatch();
        using var engine = new PerSampleEngine(network, new GradientQuery { Materialise = true });
        GradientResult gradients = engine.Evaluate(batch, Loss.CrossEntropy);
        using Objective objective = new(network, Loss.CrossEntropy, batch);
        using Tensor v = Vector(objective, 1);
        double[] x = DoubleArrays.Widen(v), expected = new double[x.Length];
        for (int i = 0; i < Samples; i++)
        {
            double[] g = [.. gradients.Gradients!.SelectMany(all => DoubleArrays.Widen(all).Chunk((int)(all.Count / Samples)).ElementAt(i))];
            double dot = g.Zip(x, (a, b) => a * b).Sum();
            for (int k = 0; k < g.Length; k++)
            {
                expected[k] += dot * g[k] / Samples;
            }
        }

        using var fisher = new EmpiricalFisherOperator(objective);
        AssertClose([.. expected.Select(e => (float)e)], Product(fisher, 1));
    }

    [Fact]
    public void TheGradientIsTheMeanOfTheSamplesGradients()
    {
        using Network network = Network(_device);
        using Batch batch = WholeBatch();
        using var engine = new PerSampleEngine(network, new GradientQuery { Sum = true });
        float[] sum = engine.Evaluate(batch, Loss.CrossEntropy).Sum!.Flat.ToArray();
        using Objective objective = new(network, Loss.CrossEntropy, Data(), batchSize: 3);
        using Tensor gradient = _device.Allocate([objective.Dimension]);
        objective.Gradient(gradient);
        AssertClose([.. sum.Select(g => g / Samples)], gradient.ToArray());
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    private static Network Network(Device device) => new(device, [new Linear(6, 8), new Tanh(), new Linear(8, 4)], seed: 5);

    private static Dataset Data() => new(
        "test", [6], [.. TestNumbers.Normal(70, Samples * 6)], [.. TestNumbers.Integers(71, Samples, 4)], ["a", "b", "c", "d"]);

    private Batch WholeBatch() => new()
    {
        Features = _device.Allocate([Samples, 6], TestNumbers.Normal(70, Samples * 6)),
        Labels = _device.AllocateIndices([Samples], TestNumbers.Integers(71, Samples, 4)),
    };

    private static CurvatureOperator Operator(int kind, Objective objective) => kind switch
    {
        0 => new HessianOperator(objective),
        1 => new GaussNewtonOperator(objective),
        _ => new EmpiricalFisherOperator(objective),
    };

    private Tensor Vector(Objective objective, ulong stream) =>
        _device.Allocate([objective.Dimension], TestNumbers.Normal(stream, objective.Dimension));

    private float[] Product(CurvatureOperator curvature, ulong stream)
    {
        using Tensor x = Vector(curvature.Objective, stream), y = _device.Allocate([curvature.Dimension]);
        curvature.Apply(x, y);
        return y.ToArray();
    }

    /// <summary>Equal up to the rounding of sums in another order.</summary>
    private static void AssertClose(float[] expected, float[] actual)
    {
        double size = expected.Max(Math.Abs);
        Assert.True(size > 0);
        Assert.All(expected.Zip(actual), p => Assert.True(Math.Abs(p.First - p.Second) <= 1e-5 * size, $"expected {p.First:R}, got {p.Second:R}"));
    }
}
