using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.LeaveOneOut;
using KernelCore.Models;
using KernelCore.Tests.Training;
using KernelCore.Training;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace KernelCore.Tests.LeaveOneOut;

[Collection(SharedDevice.Collection)]
public sealed class NetworkLeaveOneOutTests
{
    private const int Classes = 3, Features = 4;

    // Two float32 paths with the same recursion, whose roundings differ; condition numbers are below 100.
    private const double Float = 2e-5;

    private static readonly Dataset Data = Blobs.Create(19, [Features], Classes, stream: 9);

    [Fact]
    public void A_linear_network_is_a_probe()
    {
        var options = new DescentOptions { Epochs = 25, LearningRate = 0.2, WeightDecay = 0.01f };
        using var device = new CpuDevice(2);
        using LinearProbe probe = LinearProbe.Train(Data, device, options);
        using var probes = new LeaveOneOutProbes(probe, LeaveOneOutMethod.Iterative);
        using Network network = Linear(device, options.Seed);
        using var leaveOneOut = new NetworkLeaveOneOut(network, Data);
        Check(probes.Run([2, 18]), leaveOneOut.Iterate(options, [2, 18]));
        Assert.Equal(probe.Weights[0], network.Parameters[0].Span[0], Float);
    }

    [Fact]
    public void Influence_on_a_linear_network_is_that_on_a_probe()
    {
        using var device = new CpuDevice(2);
        using LinearProbe probe = LinearProbe.Fit(Data, device, 0.5);
        using var probes = new LeaveOneOutProbes(probe, LeaveOneOutMethod.Influence);
        using Network network = Linear(device, 0);
        float[] weights = Array.ConvertAll(probe.Weights.ToArray(), v => (float)v);
        network.Parameters.Flat.CopyFrom([.. weights.Where((_, k) => k % 5 < Features), .. weights.Where((_, k) => k % 5 == Features)]);
        using var leaveOneOut = new NetworkLeaveOneOut(network, Data);
        Check(probes.Run(), leaveOneOut.Influence(0.5));
    }

    [Fact]
    public void Iterative_cross_validation_follows_the_gradient_without_the_sample()
    {
        const int LeftOut = 7;
        var options = new DescentOptions { Epochs = 12, LearningRate = 0.1, WeightDecay = 0.02f };
        Layer[] layers = [new Linear(Features, 5), new Tanh(), new Linear(5, 5) { Frozen = true }, new Tanh(), new Linear(5, Classes)];
        using var device = new CpuDevice(2);
        using Network network = new(device, layers, seed: 3), oracle = new(device, layers, seed: 3);
        using var leaveOneOut = new NetworkLeaveOneOut(network, Data);
        LeaveOneOutResult result = leaveOneOut.Iterate(options, [LeftOut]);

        // The paths themselves, with gradients and dense Hessians of the two data sets.
        Dataset rest = Data.Subset([.. Enumerable.Range(0, Data.Count).Where(i => i != LeftOut)]);
        using var all = new Objective(oracle, Loss.CrossEntropy, Data, Data.Count);
        using var others = new Objective(oracle, Loss.CrossEntropy, rest, rest.Count);
        Vector<double> weights = Vector(oracle.Parameters.Flat), without = weights.Clone();
        Vector<double> velocity = new DenseVector(weights.Count), otherVelocity = new DenseVector(weights.Count);
        using Tensor gradient = device.Allocate([weights.Count]);
        bool[] trainable = [.. oracle.Parameters.Layout.Parameters.SelectMany(p => Enumerable.Repeat(p.Trainable, (int)p.Shape.Count))];
        for (int t = 0; t < options.Epochs; t++)
        {
            all.Update();
            others.Update();
            all.Gradient(gradient);
            Vector<double> g = Vector(gradient);
            others.Gradient(gradient);
            Vector<double> other = Vector(gradient) + (DenseMatrix.OfArray(new HessianOperator(others).ToDense()) * (without - weights));
            Step(weights, g, velocity, t);
            Step(without, other, otherVelocity, t);
            oracle.Parameters.Flat.CopyFrom([.. weights.Select(v => (float)v)]);
        }

        Vector<double> expected = without - weights;
        Assert.True((Vector(result.Deviations) - expected).L2Norm() < 1e-4 * expected.L2Norm(), $"{(Vector(result.Deviations) - expected).L2Norm() / expected.L2Norm():E2}");
        Assert.All(trainable.Zip(result.Deviations), p => Assert.True(p.First || p.Second == 0));
        oracle.Parameters.Flat.CopyFrom([.. without.Select(v => (float)v)]);
        using var evaluator = new Evaluator(oracle, Data.Subset([LeftOut]));
        Assert.Equal(evaluator.Evaluate().Loss, result.Losses[0], 1e-5);

        void Step(Vector<double> w, Vector<double> gradientOfLoss, Vector<double> v, int t)
        {
            Vector<double> full = gradientOfLoss + ((double)options.WeightDecay * w);
            (t == 0 ? full : ((double)options.Momentum * v) + full).CopyTo(v);
            Vector<double> moved = w - (options.LearningRate * (full + ((double)options.Momentum * v)));
            for (int k = 0; k < w.Count; k++)
            {
                w[k] = trainable[k] ? moved[k] : w[k];
            }
        }
    }

    [Fact]
    public void Bad_input_is_refused()
    {
        using Network network = Linear(CpuDevice.Shared, 1);
        Assert.Throws<KernelCoreException>(() => new NetworkLeaveOneOut(network, Data.Subset([0])));
        using var wrong = new Network(CpuDevice.Shared, [new Linear(Features, 2)], seed: 1);
        Assert.Contains("class count", Assert.Throws<KernelCoreException>(() => new NetworkLeaveOneOut(wrong, Data)).Message, StringComparison.Ordinal);
        using var leaveOneOut = new NetworkLeaveOneOut(network, Data);
        Assert.Throws<ArgumentOutOfRangeException>(() => leaveOneOut.Influence(1, [19]));
        Assert.Contains("damping", Assert.Throws<KernelCoreException>(() => leaveOneOut.Influence(0)).Message, StringComparison.Ordinal);
        Assert.Throws<KernelCoreException>(() => leaveOneOut.Iterate(new DescentOptions { LearningRate = double.NaN }));
    }

    private static Network Linear(Device device, ulong seed) => new(device, [new Linear(Features, Classes)], seed);

    private static Vector<double> Vector(Tensor tensor) => Vector(tensor.ToArray());

    private static Vector<double> Vector(float[] values) => DenseVector.OfEnumerable(values.Select(v => (double)v));

    /// <summary>A probe has the bias behind each row, a layer behind all.</summary>
    private static void Check(LeaveOneOutResult probe, LeaveOneOutResult network)
    {
        const int Size = Classes * (Features + 1);
        for (int k = 0; k < probe.Samples.Length; k++)
        {
            float[] rows = probe.Deviations[(k * Size)..((k + 1) * Size)];
            Vector<double> expected = Vector([.. rows.Where((_, p) => p % 5 < Features), .. rows.Where((_, p) => p % 5 == Features)]);
            Vector<double> actual = Vector(network.Deviations[(k * Size)..((k + 1) * Size)]);
            Assert.True((actual - expected).L2Norm() < Float * expected.L2Norm(), $"{(actual - expected).L2Norm() / expected.L2Norm():E2}");
            Assert.Equal(probe.Losses[k], network.Losses[k], Float);
        }
    }
}
