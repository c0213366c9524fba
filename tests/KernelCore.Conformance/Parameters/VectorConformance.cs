using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>Vector operations and reductions over rows.</summary>
public abstract class VectorConformance : ConformanceSuite
{
    private static readonly int[] Lengths = [.. Enumerable.Range(0, 68), 1031, 16_383, 16_384, 16_385, 100_003];

    [Fact]
    public void Axpy()
    {
        foreach (int length in Lengths)
        {
            using Tensor x = Normal(40, length), y = Normal(41, length);
            double[] wide = DoubleArrays.Widen(x), expected = DoubleArrays.Widen(y), magnitude = Array.ConvertAll(expected, Math.Abs);
            VectorOperations.Axpy(0.3f, wide, expected);
            Device.Kernels.Parameters.Axpy(0.3f, x, y);
            AssertNumbers.Within(expected, y.ToArray(), i => TestNumbers.Gamma(2) * (magnitude[i] + Math.Abs(0.3 * wide[i])), "y");
        }
    }

    [Fact]
    public void Scale()
    {
        foreach (int length in Lengths)
        {
            using Tensor x = Normal(40, length);
            float[] expected = x.ToArray();
            VectorOperations.Scale(0.3f, expected.AsSpan());
            Device.Kernels.Parameters.Scale(0.3f, x);
            Assert.Equal(expected, x.ToArray());
        }
    }

    [Fact]
    public void DotIsExactToDoublePrecision()
    {
        foreach (int length in Lengths.Append(5_000_011))
        {
            using Tensor x = Normal(40, length), y = Normal(41, length);
            double[] a = DoubleArrays.Widen(x), b = DoubleArrays.Widen(y);
            double magnitude = VectorOperations.Dot<double>(Array.ConvertAll(a, Math.Abs), Array.ConvertAll(b, Math.Abs));
            Assert.InRange(Device.Kernels.Parameters.Dot(x, y) - VectorOperations.Dot<double>(a, b), -1e-16 * length * magnitude, 1e-16 * length * magnitude);
        }
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 1)]
    [InlineData(3, 67)]
    [InlineData(1031, 10)]
    [InlineData(129, 1025)]
    public void SumRowsAddsInDouble(int rows, int columns)
    {
        using Tensor values = Normal(42, rows, columns), result = Device.Allocate([columns]);
        var expected = new double[columns];
        VectorOperations.SumRows<double>(DoubleArrays.Widen(values), expected);
        Device.Kernels.Parameters.SumRows(values, result);

        // The definition adds in the same order in double, so the results agree to the last bit.
        Assert.Equal(Array.ConvertAll(expected, v => (float)v), result.ToArray());
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 1)]
    [InlineData(67, 1)]
    [InlineData(5, 67)]
    [InlineData(129, 1025)]
    public void ScaleRows(int rows, int columns)
    {
        using Tensor factors = Normal(43, rows), x = Normal(44, rows, columns);
        float[] expected = x.ToArray();
        VectorOperations.ScaleRows(factors.ToArray(), expected.AsSpan());
        Device.Kernels.Parameters.ScaleRows(factors, x);
        Assert.Equal(expected, x.ToArray());
    }

    [Theory]
    [InlineData(0, 3, 5)]
    [InlineData(1, 1, 1)]
    [InlineData(7, 13, 13)]
    [InlineData(5, 67, 70)]
    [InlineData(129, 3, 1025)]
    public void CopyRowsLeavesTheGapsAlone(int rows, int columns, int stride)
    {
        const int Offset = 3;
        using Tensor source = Normal(45, rows, columns), to = Normal(46, Offset + (rows * stride));
        float[] expected = to.ToArray();
        VectorOperations.CopyRows<float>(columns, stride, source.ToArray(), expected.AsSpan(Offset));
        Device.Kernels.Parameters.CopyRows(source, new Matrix(to, Offset, rows, columns, stride));
        Assert.Equal(expected, to.ToArray());
    }

    [Fact]
    public void NaNReachesTheResult()
    {
        using Tensor x = Normal(40, 100), y = Normal(41, 100), sums = Device.Allocate([10]);
        x.View(37, [1]).Fill(float.NaN);
        Assert.True(double.IsNaN(Device.Kernels.Parameters.Dot(x, y)));
        Device.Kernels.Parameters.SumRows(x, sums);
        Assert.Equal(Enumerable.Range(0, 10).Select(c => c == 7), sums.ToArray().Select(float.IsNaN));
    }
}
