using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.LeaveOneOut;
using KernelCore.Scoring;
using KernelCore.Tests.Training;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace KernelCore.Tests.LeaveOneOut;

/// <summary>Laplace sample information against posteriors written out in double, with and without each sample.</summary>
public sealed class LaplaceSampleInformationTests
{
    private const double Prior = 0.8;

    private static readonly Dataset Data = Blobs.Create(31, [3], 3, stream: 4);

    [Theory]
    [InlineData(PosteriorStructure.Full)]
    [InlineData(PosteriorStructure.Kronecker)]
    [InlineData(PosteriorStructure.Diagonal)]
    public void Retrained_to_the_minimum(PosteriorStructure structure)
    {
        var oracle = new ProbeOracle(Data);
        Vector<double> weights = oracle.Fit(Prior);

        // The Newton iteration stops at 1e-4 of a deviation, whose square the information is.
        Check(structure, LeaveOneOutMethod.Newton, 3e-4, i =>
        {
            var others = new ProbeOracle(Data, i);
            Vector<double> without = others.Fit(Prior);
            return ProbeOracle.Divergence(without - weights, Precision(oracle, structure, weights), Precision(others, structure, without));
        });
    }

    [Theory]
    [InlineData(PosteriorStructure.Full)]
    [InlineData(PosteriorStructure.Kronecker)]
    [InlineData(PosteriorStructure.Diagonal)]
    public void One_step_with_the_curvature_held(PosteriorStructure structure)
    {
        var oracle = new ProbeOracle(Data);
        Vector<double> weights = oracle.Fit(Prior);
        Check(structure, LeaveOneOutMethod.NewtonStep, 3e-5, i =>
        {
            var others = new ProbeOracle(Data, i);
            Vector<double> step = others.Damped(others.Hessian(weights), Prior).Solve(oracle.Gradient(weights, i));
            return ProbeOracle.Divergence(step, Precision(oracle, structure, weights), Precision(others, structure, weights));
        });
    }

    [Fact]
    public void The_error_of_one_step_is_measured()
    {
        using var device = new CpuDevice(2);
        LsiResult exact = LaplaceSampleInformation.Compute(Data, device, new LsiOptions { Method = LeaveOneOutMethod.Newton });
        LsiResult step = LaplaceSampleInformation.Compute(Data, device, new LsiOptions { Checked = Data.Count });
        double[] errors = [.. step.Information.Zip(exact.Information, (a, b) => Math.Abs((a / b) - 1)).Order()];
        Assert.Equal((Data.Count, errors[Data.Count / 2], errors[^1]), (step.StepError!.Samples, step.StepError.Median, step.StepError.Largest));
        Assert.InRange(step.StepError.Median, 1e-6, 0.2);
        Assert.Null(exact.StepError);
        Assert.Null(LaplaceSampleInformation.Compute(Data, device, new LsiOptions { Checked = 0 }).StepError);
    }

    [Theory]
    [InlineData(PosteriorStructure.Full)]
    [InlineData(PosteriorStructure.Kronecker)]
    [InlineData(PosteriorStructure.Diagonal)]
    public void Retrained_by_the_protocol_of_the_paper(PosteriorStructure structure)
    {
        var training = new DescentOptions { Epochs = 50, LearningRate = 0.1 };
        using var device = new CpuDevice(2);
        LsiResult result = LaplaceSampleInformation.Compute(
            Data, device, new LsiOptions { Method = LeaveOneOutMethod.Retraining, Posterior = structure, Training = training, PriorPrecision = Prior, Samples = [4, 30] });
        using LinearProbe probe = LinearProbe.Train(Data, device, training);
        using var probes = new LeaveOneOutProbes(probe, LeaveOneOutMethod.Retraining);
        LeaveOneOutResult left = probes.Run([4, 30]);
        var oracle = new ProbeOracle(Data);
        Vector<double> weights = DenseVector.OfArray(probe.Weights.ToArray());
        for (int k = 0; k < 2; k++)
        {
            var d = DenseVector.OfEnumerable(left.Deviations.Skip(k * 12).Take(12).Select(v => (double)v));
            double expected = ProbeOracle.Divergence(
                d, Precision(oracle, structure, weights), Precision(new ProbeOracle(Data, left.Samples[k]), structure, weights + d));
            Assert.Equal(expected, result.Information[k], 3e-5 * expected);
        }
    }

    [Fact]
    public void Finds_wrong_labels_of_digits()
    {
        NoisyDataset noisy = LabelNoise.Apply(new DatasetCatalog().Load("digits").Train, LabelNoiseKind.Symmetric, 0.1, seed: 1);
        using var device = new CpuDevice(2);
        LsiResult result = LaplaceSampleInformation.Compute(noisy.Dataset, device, new LsiOptions { Checked = 0 });
        Assert.True(DetectionMetrics.Auroc(result.Information, noisy.Flipped.AsSpan()) > 0.9);
    }

    [Fact]
    public void Bad_input_is_refused()
    {
        using var device = new CpuDevice(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => LaplaceSampleInformation.Compute(Data, device, new LsiOptions { PriorPrecision = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => LaplaceSampleInformation.Compute(Data, device, new LsiOptions { Samples = [31] }));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => LaplaceSampleInformation.Compute(Data, device, cancellationToken: cancelled.Token));
    }

    private static void Check(PosteriorStructure structure, LeaveOneOutMethod method, double tolerance, Func<int, double> expected)
    {
        using var device = new CpuDevice(2);
        LsiResult result = LaplaceSampleInformation.Compute(
            Data, device, new LsiOptions { Method = method, Posterior = structure, PriorPrecision = Prior, Checked = 0 });
        for (int i = 0; i < Data.Count; i++)
        {
            double truth = expected(i);
            Assert.True(Math.Abs(result.Information[i] - truth) <= tolerance * truth, $"sample {i}: {truth:E6}, got {result.Information[i]:E6}");
        }
    }

    private static Matrix<double> Precision(ProbeOracle oracle, PosteriorStructure structure, Vector<double> weights)
    {
        Matrix<double> full = oracle.Damped(oracle.Hessian(weights), Prior);
        return structure switch
        {
            PosteriorStructure.Full => full,
            PosteriorStructure.Kronecker => oracle.Kronecker(weights, Prior),
            _ => DiagonalMatrix.OfDiagonal(full.RowCount, full.RowCount, full.Diagonal()),
        };
    }
}
