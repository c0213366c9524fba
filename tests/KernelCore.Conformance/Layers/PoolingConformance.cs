using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>Maximum and average pooling against their definitions.</summary>
public abstract class PoolingConformance : ConformanceSuite
{
    /// <summary>planes, height, width, kernel, stride, padding.</summary>
    public static TheoryData<int, int, int, int, int, int> Shapes => new()
    {
        { 1, 1, 1, 1, 1, 0 }, { 3, 4, 4, 2, 2, 0 }, { 2, 5, 7, 3, 2, 1 }, { 7, 13, 11, 3, 1, 1 }, { 5, 8, 9, 2, 3, 1 },
        { 0, 4, 4, 2, 2, 0 }, { 67, 28, 28, 2, 2, 0 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void MaximumIsExact(int planes, int height, int width, int kernel, int stride, int padding)
    {
        PoolGeometry g = Square(height, width, kernel, stride, padding);
        using Tensor x = Normal(3, planes, height, width), y = Device.Allocate([planes, g.OutHeight, g.OutWidth]);
        using IndexTensor argmax = Device.AllocateIndices(y.Shape);
        Device.Kernels.Layers.MaxPool(g, planes, x, y, argmax);

        var expected = new float[y.Count];
        var expectedArgmax = new int[y.Count];
        MaxPool.Forward<float>(g, planes, x.ToArray(), expected, expectedArgmax);
        Assert.Equal(expected, y.ToArray());
        Assert.Equal(expectedArgmax, argmax.ToArray());
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void MaximumGradientScattersAndAdds(int planes, int height, int width, int kernel, int stride, int padding)
    {
        PoolGeometry g = Square(height, width, kernel, stride, padding);
        using Tensor x = Normal(3, planes, height, width), y = Device.Allocate([planes, g.OutHeight, g.OutWidth]), gy = Normal(4, planes, g.OutHeight, g.OutWidth);
        using Tensor gx = Device.Allocate(x.Shape);
        using IndexTensor argmax = Device.AllocateIndices(y.Shape);
        gx.Fill(float.NaN);
        Device.Kernels.Layers.MaxPool(g, planes, x, y, argmax);
        Device.Kernels.Layers.MaxPoolGradient(g, planes, argmax, gy, gx);

        double[] expected = new double[gx.Count], magnitude = new double[gx.Count], cotangent = DoubleArrays.Widen(gy);
        MaxPool.Gradient<double>(g, planes, argmax.ToArray(), cotangent, expected);
        MaxPool.Gradient<double>(g, planes, argmax.ToArray(), Array.ConvertAll(cotangent, Math.Abs), magnitude);
        AssertNumbers.Within(expected, gx.ToArray(), i => TestNumbers.Gamma(kernel * kernel) * magnitude[i], "gx");
    }

    [Fact]
    public void TiesTakeTheFirstAndNaNWins()
    {
        PoolGeometry g = Square(2, 8, 2, 2, 0);
        float nan = float.NaN, low = float.NegativeInfinity;
        using Tensor x = Device.Allocate([1, 2, 8], [1, 1, 0, 2, nan, 5, low, low, 1, 1, 2, 0, 7, 9, low, low]), y = Device.Allocate([1, 1, 4]);
        using IndexTensor argmax = Device.AllocateIndices([1, 1, 4]);
        Device.Kernels.Layers.MaxPool(g, 1, x, y, argmax);
        Assert.Equal([1, 2, nan, low], y.ToArray());
        Assert.Equal([0, 3, 4, 6], argmax.ToArray());
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void AverageMatchesTheDefinition(int planes, int height, int width, int kernel, int stride, int padding)
    {
        PoolGeometry g = Square(height, width, kernel, stride, padding);
        using Tensor x = Normal(3, planes, height, width), y = Device.Allocate([planes, g.OutHeight, g.OutWidth]);
        Device.Kernels.Layers.AveragePool(g, planes, x, y);

        double[] expected = new double[y.Count];
        AveragePool.Forward<double>(g, planes, DoubleArrays.Widen(x), expected);
        AssertNumbers.Within(expected, y.ToArray(), i => (TestNumbers.Gamma(1) * Math.Abs(expected[i])) + 1e-15, "y");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void AverageGradientMatchesTheDefinition(int planes, int height, int width, int kernel, int stride, int padding)
    {
        PoolGeometry g = Square(height, width, kernel, stride, padding);
        using Tensor gy = Normal(4, planes, g.OutHeight, g.OutWidth), gx = Device.Allocate([planes, height, width]);
        gx.Fill(float.NaN);
        Device.Kernels.Layers.AveragePoolGradient(g, planes, gy, gx);

        double[] expected = new double[gx.Count], magnitude = new double[gx.Count], cotangent = DoubleArrays.Widen(gy);
        AveragePool.Gradient<double>(g, planes, cotangent, expected);
        AveragePool.Gradient<double>(g, planes, Array.ConvertAll(cotangent, Math.Abs), magnitude);
        AssertNumbers.Within(expected, gx.ToArray(), i => TestNumbers.Gamma((kernel * kernel) + 1) * magnitude[i], "gx");
    }

    [Fact]
    public void PaddingCountsInTheAverage()
    {
        using Tensor x = Device.Allocate([1, 2, 2], [4, 8, 12, 16]), y = Device.Allocate([1, 2, 2]);
        Device.Kernels.Layers.AveragePool(Square(2, 2, 2, 2, 1), 1, x, y);
        Assert.Equal([1f, 2f, 3f, 4f], y.ToArray());
    }

    private static PoolGeometry Square(int height, int width, int kernel, int stride, int padding) => new(
        height, width, kernel, kernel, stride, stride, padding, padding,
        ((height + (2 * padding) - kernel) / stride) + 1, ((width + (2 * padding) - kernel) / stride) + 1);
}
