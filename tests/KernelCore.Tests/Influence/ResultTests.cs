using KernelCore.Files;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Tests.Files;

namespace KernelCore.Tests.Influence;

[Collection(Samples.Collection)]
public sealed class ResultTests
{
    private static readonly InfluenceMatrix Matrix = new(3, 4, [1, 5, -2, 5, float.NaN, 0, -1, 3, 2, 2, 2, -7]);

    [Fact]
    public void Top_lists_rank_ties_by_index_and_leave_nan_out()
    {
        var top = new TopInfluences(3, 4, 2);
        foreach (InfluenceTile tile in Split(Matrix, 2))
        {
            top.Observe(tile);
        }

        Assert.Equal([new(1, 5), new(3, 5)], top.Proponents(0));
        Assert.Equal([new(2, -2), new(0, 1)], top.Opponents(0));
        Assert.Equal([new(3, 3), new(1, 0)], top.Proponents(1));
        Assert.Equal([new(0, 2), new(1, 2)], top.Proponents(2));
        Assert.Equal([new(2, 2), new(0, 1)], top.Helped(0));
        Assert.Equal([new(2, -7), new(1, 3)], top.Harmed(3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Files_hold_the_matrix_and_its_top_lists(int rowsPerTile)
    {
        using var folder = new TemporaryFolder();
        string path = folder["i.safetensors"], csv = folder["i.csv"];
        var top = new TopInfluences(3, 4, 5);
        InfluenceFile.Save(path, Split(Matrix, rowsPerTile), top, new Dictionary<string, string> { ["method"] = "test" });
        Assert.Equal(Matrix.Values, InfluenceFile.Load(path).Values);
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            Assert.Equal("test", file.Metadata["method"]);
            Assert.Equal([1, 3, 0, 2, -1], file.ReadInt64s("proponents.index").Take(5));
            Assert.Equal([5, 5, 1, -2, float.NaN], file.ReadFloats("proponents.value").Take(5));
            Assert.Equal(Shape.Of(4, 5), file["train.harmed.index"].Shape);
            Assert.Equal([2, 1, 0], file.ReadInt64s("train.harmed.index").Skip(15).Take(3));
        }

        InfluenceFile.Save(csv, Split(Matrix, rowsPerTile));
        Assert.Equal("test,0,1,2,3\n0,1,5,-2,5\n1,NaN,0,-1,3\n2,2,2,2,-7\n", File.ReadAllText(csv));
    }

    [Fact]
    public void A_failing_computation_leaves_no_file()
    {
        using var folder = new TemporaryFolder();
        var failing = new InfluenceTiles(3, 4, Split(Matrix, 1).Select((tile, i) => i < 2 ? tile : throw new OperationCanceledException()));
        Assert.Throws<OperationCanceledException>(() => InfluenceFile.Save(folder["i.safetensors"], failing));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Throws<KernelCoreException>(() => InfluenceFile.Save(folder["i.txt"], failing));
    }

    private static InfluenceTiles Split(InfluenceMatrix matrix, int rows) => new(
        matrix.TestCount, matrix.TrainCount,
        Enumerable.Range(0, (matrix.TestCount + rows - 1) / rows).Select(b => new InfluenceTile(
            b * rows, matrix.TrainCount,
            matrix.Values.AsMemory(b * rows * matrix.TrainCount, Math.Min(rows, matrix.TestCount - (b * rows)) * matrix.TrainCount))));
}
