using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Kernels;

namespace KernelCore.Tests.Curvature;

public sealed class SpectralAlignmentTests
{
    private static readonly float[] U = [0.6f, 0, -0.8f], V = [0.5f, 0.5f, -0.5f, 0.5f];

    [Theory]
    [InlineData(new[] { 1f, -1f, 1f, -1f }, 0.5)]
    [InlineData(new[] { 2f, 1f, 3f }, 1.0)]
    [InlineData(new[] { 1f, -2f, -1f, -1f }, 0.75)]
    public void Rank_one_weights_have_their_right_vector(float[] factors, double imbalance)
    {
        // W = 2 u v^T and inputs along v.
        using Tensor weight = Symmetric.Device.Allocate([3, 4], [.. from u in U from v in V select 2 * u * v]);
        using Tensor inputs = Symmetric.Device.Allocate([factors.Length, 4], [.. from f in factors from v in V select f * v]);
        SpectralAlignment alignment = SpectralAlignment.Compute(weight, inputs);
        Assert.Equal(2, alignment.SingularValue, 2 * TestNumbers.Gamma(32));
        Assert.All(alignment.Cosines, c => Assert.Equal(1, Math.Abs(c), TestNumbers.Gamma(32)));
        Assert.Equal(imbalance, alignment.SignImbalance);
    }

    [Fact]
    public void Orthogonal_and_zero_inputs_have_no_sign()
    {
        using Tensor weight = Symmetric.Device.Allocate([1, 2], [3, 0]), inputs = Symmetric.Device.Allocate([2, 2], [0, 1, 0, 0]);
        SpectralAlignment alignment = SpectralAlignment.Compute(weight, inputs);
        Assert.All(alignment.Cosines, c => Assert.Equal(0, c, TestNumbers.Gamma(8)));
        Assert.Equal(0f, alignment.Cosines[1]);
    }

    [Fact]
    public void Refuses_inputs_of_another_width()
    {
        using Tensor weight = Symmetric.Device.Allocate([2, 3]), inputs = Symmetric.Device.Allocate([4, 2]);
        Assert.Throws<ArgumentException>(() => SpectralAlignment.Compute(weight, inputs));
    }
}
