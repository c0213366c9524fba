using KernelCore.Kernels;
using Reference = KernelCore.Kernels.Definitions.Attention;

namespace KernelCore.Conformance;

/// <summary>Multi-head self-attention and its gradient against the definition in double.</summary>
public abstract class AttentionConformance : ConformanceSuite
{
    /// <summary>batch, tokens, heads, head size.</summary>
    public static TheoryData<int, int, int, int> Shapes => new()
    {
        { 1, 1, 1, 1 }, { 0, 4, 2, 3 }, { 2, 5, 3, 4 }, { 1, 17, 2, 8 }, { 3, 16, 1, 16 }, { 2, 31, 2, 7 }, { 5, 33, 4, 16 }, { 1, 67, 1, 32 }, { 1, 130, 1, 3 }, { 1, 256, 1, 2 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward(int batch, int tokens, int heads, int size)
    {
        var g = new AttentionGeometry(batch, tokens, heads, size);
        using Tensor qkv = Normal(11, batch, tokens, 3 * g.Width), p = Device.Allocate([batch, heads, tokens, tokens]), y = Device.Allocate([batch, tokens, g.Width]);
        Device.Kernels.Layers.Attention(g, qkv, p, y);
        double[] expectedP = new double[p.Count], expectedY = new double[y.Count];
        Reference.Forward<double>(g, DoubleArrays.Widen(qkv), expectedP, expectedY);

        // A score sums `size` products below 5 x 5 and is scaled; its error is a relative error of the probability.
        double relative = ScoreError(g);
        AssertNumbers.Within(expectedP, p.ToArray(), i => relative * expectedP[i], "probabilities");
        AssertNumbers.Within(expectedY, y.ToArray(), i => (relative + TestNumbers.Gamma(tokens)) * 5, "y");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradient(int batch, int tokens, int heads, int size)
    {
        var g = new AttentionGeometry(batch, tokens, heads, size);
        using Tensor qkv = Normal(11, batch, tokens, 3 * g.Width), p = Device.Allocate([batch, heads, tokens, tokens]), y = Device.Allocate([batch, tokens, g.Width]);
        using Tensor gy = Normal(12, batch, tokens, g.Width), gqkv = Device.Allocate(qkv.Shape);
        gqkv.Fill(float.NaN);
        Device.Kernels.Layers.Attention(g, qkv, p, y);
        Device.Kernels.Layers.AttentionGradient(g, qkv, p, gy, gqkv);
        var expected = new double[qkv.Count];
        Reference.Gradient<double>(g, DoubleArrays.Widen(qkv), DoubleArrays.Widen(p), DoubleArrays.Widen(gy), expected);

        // With all entries below 5: |gP| <= 25 size, |gS| <= 50 size p; a key's gradient sums over all tokens.
        double bound = TestNumbers.Gamma(size + (2 * tokens) + 4) * 50 * size * 5 * tokens / Math.Sqrt(size);
        AssertNumbers.Within(expected, gqkv.ToArray(), _ => bound, "gqkv");
    }

    [Fact]
    public void LargeScoresDoNotOverflow()
    {
        var g = new AttentionGeometry(1, 2, 1, 1);
        using Tensor qkv = Device.Allocate([1, 2, 3], [100, 100, 1, -100, -100, 2]), p = Device.Allocate([1, 1, 2, 2]), y = Device.Allocate([1, 2, 1]);
        Device.Kernels.Layers.Attention(g, qkv, p, y);
        Assert.Equal([1f, 0f, 0f, 1f], p.ToArray());
        Assert.Equal([1f, 2f], y.ToArray());
    }

    [Fact]
    public void NaNStaysInItsSample()
    {
        var g = new AttentionGeometry(2, 3, 1, 4);
        using Tensor qkv = Normal(11, 2, 3, 12), p = Device.Allocate([2, 1, 3, 3]), y = Device.Allocate([2, 3, 4]);
        qkv.View(5, [1]).Fill(float.NaN);
        Device.Kernels.Layers.Attention(g, qkv, p, y);
        Assert.All(y.ToArray()[..12], value => Assert.True(float.IsNaN(value)));
        Assert.All(y.ToArray()[12..], value => Assert.True(float.IsFinite(value)));
    }

    private static double ScoreError(AttentionGeometry g) =>
        (2 * TestNumbers.Gamma(g.HeadSize + 2) * 25 * Math.Sqrt(g.HeadSize)) + TestNumbers.Gamma(10);
}
