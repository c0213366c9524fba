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

    [Fact]
    public void Top_lists_are_read_back()
    {
        using var folder = new TemporaryFolder();
        string path = folder["influence.safetensors"];
        var matrix = new InfluenceMatrix(2, 3, [1, float.NaN, -2, 3, 4, 5]);
        var top = new TopInfluences(2, 3, 3);
        InfluenceFile.Save(path, matrix.ToTiles(), top, new Dictionary<string, string> { ["method"] = "graddot", ["test_start"] = "7" });
        InfluenceLists lists = InfluenceLists.Load(path);
        Assert.Equal(("graddot", 7, 3), (lists.Metadata["method"], lists.TestStart, lists.TrainCount));
        Assert.All(Enumerable.Range(0, 2), t => Assert.Equal(top.Proponents(t), lists.Proponents[t]));
        Assert.All(Enumerable.Range(0, 2), t => Assert.Equal(top.Opponents(t), lists.Opponents[t]));
        InfluenceFile.Save(path, matrix.ToTiles());
        Assert.Throws<InvalidModelFileException>(() => InfluenceLists.Load(path));
    }

    [Fact]
    public void Memorisation_tables_are_read_back()
    {
        using var folder = new TemporaryFolder();
        string path = folder["memorization.csv"];
        var table = new MemorizationTable(
            [1, 0, 2], [0.5, double.NaN, 1.0 / 3], [double.Epsilon, -1, 7], [new(0, 0.1f, 2, 0.3f), new(-1, float.NaN, -1, float.NaN), new(2, 2, 0, 1.5f)]);
        table.Save(path);
        MemorizationTable read = MemorizationTable.Load(path);
        Assert.Equal<int>(table.Labels, read.Labels);
        Assert.Equal(table.Memorization, read.Memorization);
        Assert.Equal(table.SelfInfluence, read.SelfInfluence);
        Assert.Equal(table.Margins, read.Margins);
        Assert.Equal([0, 2], read.Most(5));
        Assert.Equal([[0, 2]], read.NearDuplicates());
        string[] lines = File.ReadAllLines(path);
        foreach (string wrong in new[] { "0,1,2", lines[1].Replace("0.5", "much", StringComparison.Ordinal), "0,1,0.5,1,1,3,1,0,1" })
        {
            File.WriteAllLines(path, [lines[0], wrong, .. lines[2..]]);
            var error = Assert.Throws<InvalidDataFileException>(() => MemorizationTable.Load(path));
            Assert.StartsWith($"{path}: line 2", error.Message, StringComparison.Ordinal);
        }

        File.WriteAllText(path, "index,label\n");
        Assert.Throws<InvalidDataFileException>(() => MemorizationTable.Load(path));
        Assert.Throws<InvalidDataFileException>(() => MemorizationTable.Load(folder["missing.csv"]));
    }
}
