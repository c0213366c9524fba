using KernelCore.Kernels;
using Reference = KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>Embedding, dropout and additions.</summary>
public abstract class TokenConformance : ConformanceSuite
{
    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 1)]
    [InlineData(37, 7)]
    [InlineData(2048, 64)]
    public void EmbeddingCopiesRows(int tokens, int width)
    {
        using Tensor table = Normal(13, 11, width), y = Device.Allocate([tokens, width]);
        using IndexTensor indices = Device.AllocateIndices([tokens], TestNumbers.Integers(14, tokens, 11));
        Device.Kernels.Layers.Embedding(indices, table, y);
        var expected = new float[y.Count];
        Reference.Embedding.Forward<float>(indices.ToArray(), width, table.ToArray(), expected);
        Assert.Equal(expected, y.ToArray());
    }

    [Theory]
    [InlineData(0.1f)]
    [InlineData(0.5f)]
    [InlineData(0f)]
    [InlineData(1f)]
    public void DropoutFollowsTheGeneratorAtEveryLength(float rate)
    {
        foreach (int length in Enumerable.Range(0, 68).Append(1031).Append(70_001))
        {
            using Tensor x = Normal(15, length), y = Device.Allocate([length]);
            Device.Kernels.Layers.Dropout(7, 3, rate, x, y);
            var expected = new double[length];
            Reference.Dropout.Forward<double>(7, 3, rate, DoubleArrays.Widen(x), expected);
            AssertNumbers.Within(expected, y.ToArray(), i => TestNumbers.Gamma(3) * Math.Abs(expected[i]), "y");
            Device.Kernels.Layers.Dropout(7, 3, rate, x, x);
            Assert.Equal(y.ToArray(), x.ToArray());
        }
    }

    [Fact]
    public void DropoutKeepsTheMean()
    {
        const int Count = 100_000;
        using Tensor x = Device.Allocate([Count]), y = Device.Allocate([Count]);
        x.Fill(1);
        Device.Kernels.Layers.Dropout(1, 2, 0.25f, x, y);
        float[] values = y.ToArray();
        int kept = values.Count(v => v != 0);
        Assert.All(values, v => Assert.True(v is 0 or (4f / 3f)));

        // Six standard deviations of a binomial count.
        Assert.InRange(kept, (0.75 * Count) - (6 * Math.Sqrt(Count * 0.75 * 0.25)), (0.75 * Count) + (6 * Math.Sqrt(Count * 0.75 * 0.25)));
    }

    [Fact]
    public void AdditionsAreRoundedOnce()
    {
        foreach (int length in Enumerable.Range(0, 68).Append(40_009))
        {
            using Tensor a = Normal(16, length), b = Normal(17, length), y = Device.Allocate([length]);
            Device.Kernels.Layers.Add(a, b, y);
            var expected = new float[length];
            Reference.Addition.Forward<float>(a.ToArray(), b.ToArray(), expected);
            Assert.Equal(expected, y.ToArray());
            Device.Kernels.Layers.Add(a, b, b);
            Assert.Equal(expected, b.ToArray());
        }
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 1)]
    [InlineData(5, 67)]
    [InlineData(129, 515)]
    public void ARowIsAddedToEverySample(int batch, int length)
    {
        using Tensor x = Normal(16, batch, length), row = Normal(17, length), y = Device.Allocate(x.Shape);
        Device.Kernels.Layers.AddRow(x, row, y);
        var expected = new float[y.Count];
        Reference.Addition.Forward<float>(x.ToArray(), row.ToArray(), expected);
        Assert.Equal(expected, y.ToArray());
        Device.Kernels.Layers.AddRow(x, row, x);
        Assert.Equal(expected, x.ToArray());
    }
}
