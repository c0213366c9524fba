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

/// <summary>Every way to leave a sample out, against a probe that is trained without it in double.</summary>
[Collection(SharedDevice.Collection)]
public sealed class LeaveOneOutTests
{
    private const double Penalty = 0.8;

    // Deviations are float32 sums over the samples of terms as large as the sample's own gradient, solved with a matrix
    // whose condition number is below 100 here.
    private const double Float = 1e-5;

    private static readonly Dataset Data = Blobs.Create(37, [4], 3);

    private static readonly DescentOptions Protocol = new() { Epochs = 40, LearningRate = 0.2, WeightDecay = 0.01f };

    [Fact]
    public void Fit_finds_the_minimum()
    {
        using var device = new CpuDevice(2);
        using LinearProbe probe = LinearProbe.Fit(Data, device, Penalty);
        Vector<double> expected = new ProbeOracle(Data).Fit(Penalty);
        Assert.True(Distance(probe.Weights, expected) < 1e-9 * expected.L2Norm());
        Assert.Null(probe.Training);
    }

    [Fact]
    public void Fit_survives_separable_data_and_large_features()
    {
        using var device = new CpuDevice(1);
        Dataset separable = Data.WithFeatures([.. Data.Features.Select((v, k) => 1000 * (v + (10 * Data.Labels[k / 4])))]);
        using LinearProbe probe = LinearProbe.Fit(separable, device, 1e-3);
        var oracle = new ProbeOracle(separable);
        Vector<double> weights = DenseVector.OfArray(probe.Weights.ToArray());
        double start = oracle.Gradient(new DenseVector(weights.Count)).L2Norm();
        Assert.True((oracle.Gradient(weights) + (1e-3 * weights)).L2Norm() < 1e-8 * start);
    }

    [Fact]
    public void Newton_steps_reach_the_probe_without_the_sample() => Compare(
        LeaveOneOutMethod.Newton, 2e-4, i => new ProbeOracle(Data, i).Fit(Penalty) - new ProbeOracle(Data).Fit(Penalty));

    [Fact]
    public void One_Newton_step_uses_the_hessian_of_the_others() => Compare(LeaveOneOutMethod.NewtonStep, Float, i =>
    {
        var oracle = new ProbeOracle(Data, i);
        Vector<double> weights = new ProbeOracle(Data).Fit(Penalty);
        return oracle.Damped(oracle.Hessian(weights), Penalty).Solve(oracle.Gradient(weights, i));
    });

    [Fact]
    public void Influence_uses_the_hessian_of_all() => Compare(LeaveOneOutMethod.Influence, Float, i =>
    {
        var oracle = new ProbeOracle(Data);
        Vector<double> weights = oracle.Fit(Penalty);
        return oracle.Damped(oracle.Hessian(weights), Penalty).Solve(oracle.Gradient(weights, i));
    });

    [Fact]
    public void Retraining_follows_the_protocol_without_the_sample()
    {
        using var device = new CpuDevice(2);
        using LinearProbe probe = LinearProbe.Train(Data, device, Protocol);
        Vector<double> all = Retrain(Data, Protocol);
        Assert.True(Distance(probe.Weights, all) < Float * all.L2Norm());
        using var probes = new LeaveOneOutProbes(probe, LeaveOneOutMethod.Retraining);
        Check(probes.Run([0, 7, 36]), Float, i => Retrain(Data.Subset([.. Enumerable.Range(0, Data.Count).Where(k => k != i)]), Protocol) - all, all);
    }

    [Fact]
    public void Iterative_cross_validation_follows_its_recursion()
    {
        using var device = new CpuDevice(2);
        using LinearProbe probe = LinearProbe.Train(Data, device, Protocol);
        using var probes = new LeaveOneOutProbes(probe, LeaveOneOutMethod.Iterative);
        Check(probes.Run([0, 7, 36]), Float, i => Iterate(i, Protocol), Retrain(Data, Protocol));
    }

    [Fact]
    public void Iterative_cross_validation_ends_at_one_Newton_step()
    {
        DescentOptions converging = Protocol with { Epochs = 3000, WeightDecay = 0.05f };
        using var device = new CpuDevice(2);
        using LinearProbe probe = LinearProbe.Train(Data, device, converging);
        using var probes = new LeaveOneOutProbes(probe, LeaveOneOutMethod.Iterative);
        Vector<double> weights = DenseVector.OfArray(probe.Weights.ToArray());
        int others = Data.Count - 1;

        // The penalty beside the mean over the others is a smaller one beside their sum.
        Check(probes.Run([3, 20]), 1e-4, i =>
        {
            var oracle = new ProbeOracle(Data, i);
            double penalty = others * converging.WeightDecay;
            return -oracle.Damped(oracle.Hessian(weights), penalty).Solve(oracle.Gradient(weights) + (penalty * weights));
        }, weights);
    }

    [Fact]
    public void Results_depend_neither_on_threads_nor_on_the_other_samples_asked_for()
    {
        using CpuDevice one = new(1), three = new(3);
        using LinearProbe first = LinearProbe.Fit(Data, one, Penalty), second = LinearProbe.Fit(Data, three, Penalty);
        using LeaveOneOutProbes left = new(first, LeaveOneOutMethod.NewtonStep), right = new(second, LeaveOneOutMethod.NewtonStep);
        LeaveOneOutResult all = left.Run(), again = right.Run(), some = right.Run([5, 9]);
        Assert.Equal(all.Deviations, again.Deviations);
        Assert.Equal(all.Losses, again.Losses);
        int size = first.ParameterCount;
        for (int k = 0; k < size; k++)
        {
            Assert.Equal(all.Deviations[(9 * size) + k], some.Deviations[size + k], Float * all.Deviations.Max(Math.Abs));
        }
    }

    [Fact]
    public void Bad_input_is_refused()
    {
        using var device = new CpuDevice(1);
        using LinearProbe fitted = LinearProbe.Fit(Data, device), trained = LinearProbe.Train(Data, device, Protocol);
        Assert.Throws<ArgumentOutOfRangeException>(() => LinearProbe.Fit(Data, device, 0));
        Assert.Throws<KernelCoreException>(() => LinearProbe.Train(Data, device, Protocol with { Epochs = 0 }));
        Assert.Contains("smaller", Assert.Throws<KernelCoreException>(() => LinearProbe.Train(Data, device, Protocol with { LearningRate = 1e9, Epochs = 400, WeightDecay = 1 })).Message, StringComparison.Ordinal);
        Assert.Contains("Train", Assert.Throws<KernelCoreException>(() => new LeaveOneOutProbes(fitted, LeaveOneOutMethod.Retraining)).Message, StringComparison.Ordinal);
        Assert.Contains("Fit", Assert.Throws<KernelCoreException>(() => new LeaveOneOutProbes(trained, LeaveOneOutMethod.Newton)).Message, StringComparison.Ordinal);
        using var probes = new LeaveOneOutProbes(fitted, LeaveOneOutMethod.Influence);
        Assert.Throws<ArgumentOutOfRangeException>(() => probes.Run([37]));
        Assert.Throws<ArgumentOutOfRangeException>(() => probes.Run([-1]));
        Dataset wide = new("wide", [4000], [.. new float[8000]], [0, 1], Dataset.NumberedClasses(2));
        Assert.Contains("8002 parameters", Assert.Throws<KernelCoreException>(() => LinearProbe.Fit(wide, device)).Message, StringComparison.Ordinal);
        using LinearProbe single = LinearProbe.Fit(Data.Subset([0]), device);
        Assert.Throws<KernelCoreException>(() => new LeaveOneOutProbes(single, LeaveOneOutMethod.Newton));
    }

    [Fact]
    public void Head_features_are_the_input_of_the_head()
    {
        using var network = new Network(CpuDevice.Shared, [new Linear(4, 6), new Tanh(), new Linear(6, 3)], seed: 1);
        Dataset features = HeadFeatures.Extract(network, Data);
        Assert.Equal([6], features.SampleShape.ToArray());
        Assert.Equal(Data.Labels, features.Labels);
        float[] w = network.Parameters[0].ToArray(), b = network.Parameters[1].ToArray();
        double expected = Math.Tanh(b[2] + Enumerable.Range(0, 4).Sum(a => (double)w[(2 * 4) + a] * Data.Sample(11)[a]));
        Assert.Equal(expected, features.Sample(11)[2], 1e-6);
        using var headless = new Network(CpuDevice.Shared, [new Linear(4, 3), new ReLU()], seed: 1);
        Assert.Throws<KernelCoreException>(() => HeadFeatures.Extract(headless, Data));
    }

    private static void Compare(LeaveOneOutMethod method, double tolerance, Func<int, Vector<double>> expected)
    {
        using var device = new CpuDevice(2);
        using LinearProbe probe = LinearProbe.Fit(Data, device, Penalty);
        using var probes = new LeaveOneOutProbes(probe, method);
        LeaveOneOutResult result = probes.Run();
        Assert.Equal(Data.Count, result.Samples.Length);
        Assert.All(result.LastSteps, s => Assert.True(method == LeaveOneOutMethod.Newton ? s <= 1e-4 : double.IsNaN(s)));
        Check(result, tolerance, expected, DenseVector.OfArray(probe.Weights.ToArray()));
    }

    private static void Check(LeaveOneOutResult result, double tolerance, Func<int, Vector<double>> expected, Vector<double> weights)
    {
        for (int k = 0; k < result.Samples.Length; k++)
        {
            Vector<double> truth = expected(result.Samples[k]);
            double error = Distance(Array.ConvertAll(result.Deviations[(k * truth.Count)..((k + 1) * truth.Count)], v => (double)v), truth);
            Assert.True(error <= tolerance * truth.L2Norm(), $"sample {result.Samples[k]}: {error / truth.L2Norm():E2}");
            double loss = new ProbeOracle(Data).Loss(weights + truth, result.Samples[k]);
            Assert.Equal(loss, result.Losses[k], tolerance * (1 + truth.L2Norm()) * 10);
        }
    }

    private static double Distance(ReadOnlySpan<double> actual, Vector<double> expected) => (DenseVector.OfArray(actual.ToArray()) - expected).L2Norm();

    private static Vector<double> Retrain(Dataset data, DescentOptions protocol)
    {
        float[] initial = protocol.InitialWeights(CpuDevice.Shared, 3, 5);
        var oracle = new SoftmaxRegression(
            data, [.. initial.Where((_, k) => k % 5 < 4).Select(v => (double)v)], [.. initial.Where((_, k) => k % 5 == 4).Select(v => (double)v)]);
        oracle.Fit(new TrainingOptions
        {
            Epochs = protocol.Epochs, BatchSize = data.Count, Schedule = new ConstantSchedule { LearningRate = (float)protocol.LearningRate },
            Optimizer = new SgdOptions { Momentum = protocol.Momentum, Nesterov = protocol.Nesterov, WeightDecay = protocol.WeightDecay },
        });
        return DenseVector.OfEnumerable(Enumerable.Range(0, 15).Select(k => oracle.Parameters[k % 5 == 4 ? 12 + (k / 5) : (k / 5 * 4) + (k % 5)]));
    }

    /// <summary>The two paths of iterative approximate cross-validation, weights and not deviations, in double.</summary>
    private static Vector<double> Iterate(int leftOut, DescentOptions protocol)
    {
        var all = new ProbeOracle(Data);
        var others = new ProbeOracle(Data, leftOut);
        Vector<double> weights = DenseVector.OfEnumerable(protocol.InitialWeights(CpuDevice.Shared, 3, 5).Select(v => (double)v)), without = weights.Clone();
        Vector<double> velocity = new DenseVector(15), otherVelocity = new DenseVector(15);
        for (int t = 0; t < protocol.Epochs; t++)
        {
            Vector<double> gradient = all.Gradient(weights) / Data.Count;
            Vector<double> other = (others.Gradient(weights) + (others.Hessian(weights) * (without - weights))) / (Data.Count - 1);
            Step(weights, gradient, velocity, t);
            Step(without, other, otherVelocity, t);
        }

        return without - weights;

        void Step(Vector<double> w, Vector<double> gradient, Vector<double> v, int t)
        {
            Vector<double> g = gradient + ((double)protocol.WeightDecay * w);
            (t == 0 ? g : ((double)protocol.Momentum * v) + g).CopyTo(v);
            (w - ((float)protocol.LearningRate * (g + ((double)protocol.Momentum * v)))).CopyTo(w);
        }
    }
}
