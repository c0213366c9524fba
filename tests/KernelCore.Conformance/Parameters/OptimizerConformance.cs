using KernelCore.Kernels;
using Reference = KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>SGD and Adam steps: the definition in double over several steps, and hand-computed ones.</summary>
public abstract class OptimizerConformance : ConformanceSuite
{
    private static readonly int[] Lengths = [.. Enumerable.Range(0, 68), 40_009];

    [Theory]
    [InlineData(0f, 0f, false)]
    [InlineData(0f, 0.01f, false)]
    [InlineData(0.9f, 0f, false)]
    [InlineData(0.9f, 0.01f, false)]
    [InlineData(0.9f, 0.01f, true)]
    public void SgdFollowsTheDefinition(float momentum, float decay, bool nesterov)
    {
        const int Steps = 3;
        foreach (int length in Lengths)
        {
            using Tensor w = Normal(50, length), v = Device.Allocate([length]);
            double[] weights = DoubleArrays.Widen(w), velocity = new double[length];
            for (int t = 0; t < Steps; t++)
            {
                var step = new SgdStep(0.1f, momentum, decay, nesterov, First: t == 0);
                using Tensor g = Normal(51 + (ulong)t, length);
                Device.Kernels.Parameters.Sgd(step, w, g, v);
                Reference.Sgd.Step<double>(step, weights, DoubleArrays.Widen(g), velocity);
            }

            // |w|, |v| stay below 5 and 3 x 5; each step rounds six times.
            AssertNumbers.Within(velocity, v.ToArray(), _ => TestNumbers.Gamma(6 * Steps) * 15, "velocity");
            AssertNumbers.Within(weights, w.ToArray(), _ => TestNumbers.Gamma(6 * Steps) * 15, "weights");
        }
    }

    [Theory]
    [InlineData(0f, false)]
    [InlineData(0.1f, false)]
    [InlineData(0.1f, true)]
    public void AdamFollowsTheDefinition(float decay, bool decoupled)
    {
        const int Steps = 3;
        foreach (int length in Lengths)
        {
            using Tensor w = Normal(50, length), m = Device.Allocate([length]), v = Device.Allocate([length]);
            double[] weights = DoubleArrays.Widen(w), first = new double[length], second = new double[length];
            for (int t = 1; t <= Steps; t++)
            {
                var step = new AdamStep(0.01f, 0.9f, 0.999f, 1e-8f, decay, decoupled, t);
                using Tensor g = Normal(51 + (ulong)t, length);
                Device.Kernels.Parameters.Adam(step, w, g, m, v);
                Reference.Adam.Step<double>(step, weights, DoubleArrays.Widen(g), first, second);
            }

            // g is a sum of two rounded terms of up to 5; the moments are averages of g and g^2; a step is at most lr |m|/sqrt(v) ~ 0.1.
            AssertNumbers.Within(first, m.ToArray(), _ => TestNumbers.Gamma(8 * Steps) * 1, "first moment");
            AssertNumbers.Within(second, v.ToArray(), _ => TestNumbers.Gamma(8 * Steps) * 0.1, "second moment");
            AssertNumbers.Within(weights, w.ToArray(), i => TestNumbers.Gamma(8 * Steps) * (5 + (0.03 / Math.Sqrt(second[i] + 1e-12) * 0.1)), "weights");
        }
    }

    [Fact]
    public void TheFirstAdamStepHasTheLengthOfTheLearningRate()
    {
        // m / c1 = g and sqrt(v / c2) = |g|: the step is lr sign(g) whatever the gradient's size.
        using Tensor w = Device.Allocate([4]), g = Device.Allocate([4], [1e-3f, -1e-3f, 100, -100]), m = Device.Allocate([4]), v = Device.Allocate([4]);
        Device.Kernels.Parameters.Adam(new AdamStep(0.5f, 0.9f, 0.999f, 0, 0, false, 1), w, g, m, v);
        AssertNumbers.Within([-0.5, 0.5, -0.5, 0.5], w.ToArray(), _ => TestNumbers.Gamma(8), "w");
    }

    [Fact]
    public void DecoupledDecayShrinksTheWeightsBeforeTheStep()
    {
        using Tensor w = Device.Allocate([2], [2, -4]), g = Device.Allocate([2]), m = Device.Allocate([2]), v = Device.Allocate([2]);
        Device.Kernels.Parameters.Adam(new AdamStep(0.5f, 0.9f, 0.999f, 1e-8f, 0.5f, true, 1), w, g, m, v);
        Assert.Equal([1.5f, -3f], w.ToArray());
    }

    [Fact]
    public void MomentumInClosedForm()
    {
        // Constant gradient 1, mu = 1/2, lr = 1: v = 1, 3/2, 7/4; w = -1, -5/2, -17/4. Nesterov: steps of 3/2, 7/4, 15/8.
        using Tensor w = Device.Allocate([1]), n = Device.Allocate([1]), g = Device.Allocate([1], [1]), v = Device.Allocate([1]), u = Device.Allocate([1]);
        for (int t = 0; t < 3; t++)
        {
            Device.Kernels.Parameters.Sgd(new SgdStep(1, 0.5f, 0, false, t == 0), w, g, v);
            Device.Kernels.Parameters.Sgd(new SgdStep(1, 0.5f, 0, true, t == 0), n, g, u);
        }

        Assert.Equal([1.75f], v.ToArray());
        Assert.Equal([-4.25f], w.ToArray());
        Assert.Equal([-1.5f - 1.75f - 1.875f], n.ToArray());
    }
}
