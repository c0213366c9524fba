using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>Tangents that only move numbers: maxima and table rows. Exact.</summary>
public abstract class SelectionTangentConformance : ConformanceSuite
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(211)]
    public void MaxPoolTakesTheTangentsOfTheMaxima(int planes)
    {
        var g = new PoolGeometry(9, 7, 3, 2, 2, 2, 1, 1, 5, 4);
        using Tensor x = Normal(1, planes, 9, 7), y = Device.Allocate([planes, 5, 4]), rx = Normal(2, planes, 9, 7), ry = Device.Allocate([planes, 5, 4]);
        using IndexTensor argmax = Device.AllocateIndices([planes, 5, 4]);
        Device.Kernels.Layers.MaxPool(g, planes, x, y, argmax);
        Device.Kernels.Tangents.MaxPool(g, planes, argmax, rx, ry);
        var expected = new float[ry.Count];
        MaxPoolTangent.Forward<float>(g, planes, argmax.ToArray(), rx.ToArray(), expected);
        Assert.Equal(expected, ry.ToArray());
    }

    [Theory]
    [InlineData(0, 5, -1)]
    [InlineData(1, 1, -1)]
    [InlineData(211, 67, 3)]
    public void PaddingRowsDoNotMove(int tokens, int width, int paddingIndex)
    {
        using IndexTensor indices = Device.AllocateIndices([tokens], TestNumbers.Integers(3, tokens, 11));
        using Tensor table = Normal(4, 11, width), ry = Device.Allocate([tokens, width]);
        ry.Fill(float.NaN);
        Device.Kernels.Tangents.Embedding(indices, paddingIndex, table, ry);
        var expected = new float[ry.Count];
        EmbeddingTangent.Forward<float>(indices.ToArray(), paddingIndex, width, table.ToArray(), expected);
        Assert.Equal(expected, ry.ToArray());
    }
}
