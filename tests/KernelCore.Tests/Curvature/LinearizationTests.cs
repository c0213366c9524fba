using KernelCore.Conformance;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Curvature;

/// <summary>Hessian and Gauss-Newton products of every kind of layer.</summary>
public sealed class LinearizationTests : IDisposable
{
    private readonly CpuDevice _device = new(threads: 2);

    public static TheoryData<string> Cases => [.. CurvatureCases.Names];

    /// <remarks>The difference has an error of h^2/6 |f'''| + u |g| / h relative to |Hv|, both below 1e-3 here; kernels are checked to rounding elsewhere.</remarks>
    [Theory]
    [MemberData(nameof(Cases))]
    public void HessianProductsAreDerivativesOfGradients(string name)
    {
        CheckDifference(name, Loss.CrossEntropy, targets: false);
        CheckDifference(name, Loss.CrossEntropy, targets: true);
        CheckDifference(name, Loss.MeanSquaredError, targets: true);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ProductsAreSymmetric(string name)
    {
        using var t = new Setup(name, _device);
        using ParameterVector u = CurvatureCases.Direction(t.Network, 60), v = CurvatureCases.Direction(t.Network, 61), hu = t.Zero(), hv = t.Zero();
        foreach (bool hessian in (bool[])[true, false])
        {
            t.Product(hessian, u, hu);
            t.Product(hessian, v, hv);
            double left = t.Dot(v, hu), right = t.Dot(u, hv), size = Math.Sqrt(t.Dot(u, u) * t.Dot(hv, hv));
            Assert.True(Math.Abs(left - right) <= 1e-5 * size, $"v.Au = {left:R}, u.Av = {right:R}, |u| |Av| = {size:R}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void QuadraticFormsOfTheSamplesAddUp(string name)
    {
        using var t = new Setup(name, _device);
        using ParameterVector v = CurvatureCases.Direction(t.Network, 61), hv = t.Zero();
        using Tensor perSample = _device.Allocate([t.Batch.Count]);
        foreach (bool hessian in (bool[])[true, false])
        {
            t.Product(hessian, v, hv, perSample);
            double total = t.Dot(v, hv), sum = perSample.ToArray().Sum(x => (double)x);
            Assert.True(Math.Abs(total - sum) <= 1e-5 * Math.Sqrt(t.Dot(v, v) * t.Dot(hv, hv)), $"v.Av = {total:R}, sum of the samples {sum:R}");
            if (!hessian)
            {
                Assert.All(perSample.ToArray(), q => Assert.True(q >= -1e-5 * total, $"v.G_i v = {q}"));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void FrozenParametersHaveZeroRowsAndColumns(string name)
    {
        using var t = new Setup(name, _device);
        using ParameterVector v = CurvatureCases.Direction(t.Network, 61), result = t.Zero(), again = t.Zero();
        t.Point.HessianProduct(v, 0, result);
        for (int k = 0; k < result.Layout.Parameters.Count; k++)
        {
            if (!result.Layout.Parameters[k].Trainable)
            {
                Assert.All(result[k].ToArray(), x => Assert.Equal(0, x));
                v[k].Fill(1e6f);
            }
        }

        t.Point.HessianProduct(v, 0, again);
        Assert.Equal(result.Flat.ToArray(), again.Flat.ToArray());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ProductsAreTheSameBitsForEveryThreadCount(string name)
    {
        float[] expected = Products(1);
        Assert.Equal(expected, Products(2));
        Assert.Equal(expected, Products(3));

        float[] Products(int threads)
        {
            using var device = new CpuDevice(threads);
            using var t = new Setup(name, device);
            using ParameterVector v = CurvatureCases.Direction(t.Network, 61), hessian = t.Zero(), gaussNewton = t.Zero();
            t.Point.HessianProduct(v, 0, hessian);
            t.Point.GaussNewtonProduct(v, 0, gaussNewton);
            return [.. hessian.Flat.ToArray(), .. gaussNewton.Flat.ToArray()];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void RepeatedProductsAllocateNothing(string name)
    {
        using var device = new CpuDevice(threads: 1);
        using var t = new Setup(name, device);
        using ParameterVector v = CurvatureCases.Direction(t.Network, 61), result = t.Zero();
        using Tensor perSample = device.Allocate([t.Batch.Count]);
        SteadyState.AssertNoAllocation(Run);

        void Run()
        {
            t.Point.Update();
            t.Point.HessianProduct(v, 0, result, perSample);
            t.Point.GaussNewtonProduct(v, 1, result, perSample);
        }
    }

    [Fact]
    public void TheHessianOfALinearSoftmaxModelIsItsGaussNewtonMatrix()
    {
        using var t = new Setup("softmax regression", _device);
        using ParameterVector v = CurvatureCases.Direction(t.Network, 61), hessian = t.Zero(), gaussNewton = t.Zero();
        t.Point.HessianProduct(v, 0, hessian);
        t.Point.GaussNewtonProduct(v, 0, gaussNewton);
        Assert.Equal(gaussNewton.Flat.ToArray(), hessian.Flat.ToArray());
    }

    [Fact]
    public void ProductsAddToWhatIsThere()
    {
        using var t = new Setup("frozen", _device);
        using ParameterVector v = CurvatureCases.Direction(t.Network, 61), once = t.Zero(), sum = t.Zero();
        t.Point.HessianProduct(v, 0, once);
        sum.Flat.Fill(float.NaN);
        t.Point.HessianProduct(v, 0, sum);
        t.Point.HessianProduct(v, 1, sum);
        float[] single = once.Flat.ToArray(), twice = sum.Flat.ToArray();
        double size = single.Max(Math.Abs);
        Assert.All(single.Zip(twice), p => Assert.True(Math.Abs((2 * p.First) - p.Second) <= 1e-5 * size));
    }

    [Fact]
    public void OtherPassesLeaveThePointAloneUntilItIsUpdated()
    {
        using var t = new Setup("transformer", _device);
        using ParameterVector v = CurvatureCases.Direction(t.Network, 61), before = t.Zero(), after = t.Zero();
        t.Point.HessianProduct(v, 0, before);
        using Batch other = CurvatureCases.Batch("transformer", _device, t.Outputs);
        other.Tokens!.Fill(1);
        t.Network.Forward(other, ForwardMode.Training);
        t.Point.HessianProduct(v, 0, after);
        Assert.Equal(before.Flat.ToArray(), after.Flat.ToArray());

        t.Network.Parameters.Flat.Fill(0.1f);
        t.Point.Update();
        t.Point.HessianProduct(v, 0, after);
        Assert.NotEqual(before.Flat.ToArray(), after.Flat.ToArray());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ProductsAreThoseOfAPointOfTheirOwnHoweverOftenTheyAreTaken(string name)
    {
        using var t = new Setup(name, _device);
        CheckRepetition(t.Network, t.Batch, t.Point);
    }

    [Fact]
    public void SoAreThoseOfLayersWideEnoughToStayPacked()
    {
        const int samples = 70;
        using var network = new Network(_device, [new Flatten(), new Linear(90, 150), new ReLU(), new Linear(150, 120), new GELU(), new Linear(120, 5)], seed: 1);
        using var batch = new Batch
        {
            Features = _device.Allocate([samples, 9, 10], TestNumbers.Normal(1, samples * 90)),
            Labels = _device.AllocateIndices([samples], [.. Enumerable.Range(0, samples).Select(i => i % 5)]),
        };
        using ILinearization point = network.Linearize(batch, Loss.CrossEntropy);
        CheckRepetition(network, batch, point);
    }

    [Fact]
    public void AModelWithoutTrainableParametersHasNoCurvature()
    {
        using var network = new Network(_device, [new Linear(3, 2) { Frozen = true }]);
        using var batch = new Batch { Features = _device.Allocate([2, 3]), Labels = _device.AllocateIndices([2]) };
        using ILinearization point = network.Linearize(batch, Loss.CrossEntropy);
        using var v = new ParameterVector(network.Parameters.Layout, _device);
        using var result = new ParameterVector(network.Parameters.Layout, _device);
        using Tensor perSample = _device.Allocate([2]);
        v.Flat.Fill(1);
        result.Flat.Fill(1);
        perSample.Fill(1);
        point.HessianProduct(v, 0, result, perSample);
        Assert.All(result.Flat.ToArray(), x => Assert.Equal(0, x));
        Assert.All(perSample.ToArray(), x => Assert.Equal(0, x));
    }

    [Fact]
    public void WrongSizesAreRefused()
    {
        using var t = new Setup("softmax regression", _device);
        using var other = new Network(_device, [new Linear(2, 2)]);
        using ParameterVector v = t.Zero(), wrong = new(other.Parameters.Layout, _device);
        using Tensor perSample = _device.Allocate([3]);
        Assert.Throws<ArgumentException>("direction", () => t.Point.HessianProduct(wrong, 0, v));
        Assert.Throws<ArgumentException>("result", () => t.Point.GaussNewtonProduct(v, 0, wrong));
        Assert.Throws<ArgumentException>("perSample", () => t.Point.HessianProduct(v, 0, t.Zero(), perSample));
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    /// <summary>Operands that stay packed between products change no bit, and none is used once the point has moved.</summary>
    private void CheckRepetition(Network network, Batch batch, ILinearization point)
    {
        using ParameterVector v = CurvatureCases.Direction(network, 61), result = new(network.Parameters.Layout, _device);
        using var dots = new PerSampleScalar(_device, v.Layout.Parameters.Count, batch.Count);
        Func<ILinearization, float[]>[] products = [Hessian, GaussNewton, Fisher];
        for (int move = 0; move < 3; move++)
        {
            foreach (var product in products)
            {
                using ILinearization own = network.Linearize(batch, Loss.CrossEntropy);
                float[] expected = product(own);
                for (int i = 0; i < 3; i++)
                {
                    Assert.Equal(expected, product(point));
                }
            }

            // Other weights, then other samples, in the same tensors.
            _device.Kernels.Parameters.Scale(0.9f, move == 0 ? network.Parameters.Flat : batch.Features ?? network.Parameters.Flat);
            point.Update();
        }

        float[] Hessian(ILinearization at)
        {
            at.HessianProduct(v, 0, result);
            return result.Flat.ToArray();
        }

        float[] GaussNewton(ILinearization at)
        {
            at.GaussNewtonProduct(v, 0, result);
            return result.Flat.ToArray();
        }

        float[] Fisher(ILinearization at)
        {
            at.Captures.Dots(v, dots, dots.Total);
            at.Captures.WeightedSum(dots.Total, 0, result);
            return result.Flat.ToArray();
        }
    }

    private void CheckDifference(string name, Loss loss, bool targets)
    {
        const float step = 5e-4f;
        using var t = new Setup(name, _device, loss, targets);
        using ParameterVector v = CurvatureCases.Direction(t.Network, 61), product = t.Zero(), up = t.Zero(), down = t.Zero();
        for (int k = 0; k < v.Layout.Parameters.Count; k++)
        {
            // Frozen parameters stay, and so does the row of a table that padding looks up.
            if (!v.Layout.Parameters[k].Trainable)
            {
                v[k].Fill(0);
            }
            else if (CurvatureCases.Layers(name)[0] is Embedding { PaddingIdx: 0 } embedding && k == 0)
            {
                v[k].View(0, [embedding.Dim]).Fill(0);
            }
        }

        t.Point.HessianProduct(v, 0, product);
        Gradient(step, up);
        Gradient(-2 * step, down);
        double[] difference = [.. up.Flat.ToArray().Zip(down.Flat.ToArray(), (a, b) => ((double)a - b) / (2 * step))];
        double size = difference.Max(Math.Abs);
        float[] actual = product.Flat.ToArray();
        for (int k = 0; k < v.Layout.Parameters.Count; k++)
        {
            ParameterInfo parameter = v.Layout.Parameters[k];
            for (int i = 0; i < parameter.Shape.Count; i++)
            {
                int at = (int)parameter.Offset + i;
                Assert.True(
                    Math.Abs(difference[at] - actual[at]) <= 4e-3 * size,
                    $"{name}, {loss.Name}, {parameter.Name}[{i}]: difference {difference[at]:R}, product {actual[at]:R}, largest {size:R}");
            }
        }

        void Gradient(float move, ParameterVector result)
        {
            _device.Kernels.Parameters.Axpy(move, v.Flat, t.Network.Parameters.Flat);
            t.Point.Update();
            t.Point.Captures.WeightedSum(null, 0, result);
        }
    }

    /// <summary>A case, linearised.</summary>
    private sealed class Setup : IDisposable
    {
        public Setup(string name, Device device, Loss? loss = null, bool targets = false)
        {
            Network = CurvatureCases.Network(name, device);
            using Batch probe = CurvatureCases.Batch(name, device, 1);
            Outputs = Network.Forward(probe, ForwardMode.Evaluation).Outputs.Shape[-1];
            Batch = CurvatureCases.Batch(name, device, Outputs, targets);
            Point = Network.Linearize(Batch, loss ?? Loss.CrossEntropy);
        }

        public Network Network { get; }

        public Batch Batch { get; }

        public ILinearization Point { get; }

        public int Outputs { get; }

        public ParameterVector Zero() => new(Network.Parameters.Layout, Network.Device);

        public double Dot(ParameterVector a, ParameterVector b) => Network.Device.Kernels.Parameters.Dot(a.Flat, b.Flat);

        public void Product(bool hessian, ParameterVector v, ParameterVector result, Tensor? perSample = null)
        {
            if (hessian)
            {
                Point.HessianProduct(v, 0, result, perSample);
            }
            else
            {
                Point.GaussNewtonProduct(v, 0, result, perSample);
            }
        }

        public void Dispose()
        {
            Point.Dispose();
            Batch.Dispose();
            Network.Dispose();
        }
    }
}
