using System.IO.Compression;
using System.Text;
using KernelCore.Data;
using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Tests.Data;

public sealed class ReaderTests
{
    [Theory]
    [InlineData("1,2,0\n3,4,1\n")]
    [InlineData("1,2,0\r\n3,4,1")]
    [InlineData("\n\n 1 , 2 ,0\n\n3.0,+4e0, 1.0 \n\n")]
    [InlineData("width,height,class\n1,2,0\n3,4,1\n")]
    [InlineData("\uFEFFwidth,height,class\n1,2,0\n3,4,1\n")]
    [InlineData("2,2,a,b\n1,2,0\n3,4,1\n")]
    public void ReadsCsvVariants(string text)
    {
        foreach (byte[] file in new[] { Encoding.UTF8.GetBytes(text), Gzip(Encoding.UTF8.GetBytes(text)) })
        {
            Dataset data = Csv(file);
            Assert.Equal(Shape.Of(2), data.SampleShape);
            Assert.Equal([1f, 2, 3, 4], data.Features.ToArray());
            Assert.Equal([0, 1], data.Labels.ToArray());
            Assert.Equal(text.StartsWith("2,2,", StringComparison.Ordinal) ? ["a", "b"] : ["0", "1"], data.ClassNames.ToArray());
        }
    }

    [Fact]
    public void ReadsNumbersExactly()
    {
        Dataset data = Csv("-0.1,1e-45,3.4028235e38,16777217,9999999,00012,.5,0\n"u8.ToArray());
        Assert.Equal([-0.1f, float.Epsilon, float.MaxValue, 16777216f, 9999999f, 12f, 0.5f], data.Features.ToArray());
    }

    [Theory]
    [InlineData("", "'test': holds no samples")]
    [InlineData("a,b,c\n", "'test': holds no samples")]
    [InlineData("1,2,0\n3,1\n", "'test': line 2 has 2 columns, expected 3 as in the lines before")]
    [InlineData("1,2,0\n3,x,1\n", "'test': line 2, column 2: 'x' is not a finite number")]
    [InlineData("1,x,0\n", "'test': line 1, column 2: 'x' is not a finite number")]
    [InlineData("1,2,0\n\n3,,1\n", "'test': line 3, column 2: '' is not a finite number")]
    [InlineData("1,NaN,0\n", "'test': line 1, column 2: 'NaN' is not a finite number")]
    [InlineData("1,1e39,0\n", "'test': line 1, column 2: '1e39' is not a finite number")]
    [InlineData("1,1;5,0\n", "'test': line 1, column 2: '1;5' is not a finite number")]
    [InlineData("1,2,-1\n", "'test': line 1, column 3: label '-1', expected a whole number from 0 to 65535")]
    [InlineData("1,2,0.5\n", "'test': line 1, column 3: label '0.5', expected a whole number from 0 to 65535")]
    [InlineData("1,2,65536\n", "'test': line 1, column 3: label '65536', expected a whole number from 0 to 65535")]
    [InlineData("1\n2\n", "'test': line 1 has one column, expected features and a label")]
    [InlineData("3,2,a,b\n1,2,0\n3,4,1\n", "'test': the header says 3 samples of 2 features, the file holds 2 of 2")]
    [InlineData("2,2,a\n1,2,0\n3,4,1\n", "test: label of sample 1 is 1, expected 0 to 0")]
    public void NamesWhatIsWrongWithACsv(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<InvalidDataFileException>(() => Csv(Encoding.UTF8.GetBytes(text))).Message);

    [Fact]
    public void ReadsIdxOfEveryRank()
    {
        IdxArray array = IdxReader.Read(new MemoryStream(Idx([2, 3], [1, 2, 3, 4, 5, 255])), "test");
        Assert.Equal(Shape.Of(2, 3), array.Shape);
        Assert.Equal([1, 2, 3, 4, 5, 255], array.Values.ToArray());

        byte[] labels = Idx([2], [1, 0]);
        Dataset image = IdxReader.ReadDataset(new MemoryStream(Gzip(Idx([2, 1, 2], [0, 51, 102, 255]))), new MemoryStream(labels), "test");
        Assert.Equal(Shape.Of(1, 1, 2), image.SampleShape);
        Assert.Equal([0f, 51f / 255, 102f / 255, 1f], image.Features.ToArray());
        Assert.Equal([1, 0], image.Labels.ToArray());
        Assert.Equal(["0", "1"], image.ClassNames.ToArray());

        Dataset vector = IdxReader.ReadDataset(new MemoryStream(Idx([2, 2], [0, 1, 2, 3])), new MemoryStream(labels), "test", ["a", "b", "c"]);
        Assert.Equal(Shape.Of(2), vector.SampleShape);
        Assert.Equal(3, vector.ClassCount);
    }

    [Theory]
    [InlineData(new byte[] { }, "truncated: 0 bytes, an IDX file has a header of at least 4")]
    [InlineData(new byte[] { 1, 0, 8, 1 }, "not an IDX file: begins with 0x0100, expected 0x0000")]
    [InlineData(new byte[] { 0, 0, 13, 1 }, "element type 0x0D, only unsigned bytes (0x08) are supported")]
    [InlineData(new byte[] { 0, 0, 8, 0 }, "0 axes, expected 1 to 6")]
    [InlineData(new byte[] { 0, 0, 8, 7 }, "7 axes, expected 1 to 6")]
    [InlineData(new byte[] { 0, 0, 8, 2, 0, 0, 0, 1 }, "truncated: 8 bytes, a header of 2 axes takes 12")]
    [InlineData(new byte[] { 0, 0, 8, 1, 0, 0, 0, 3, 1, 2 }, "[3] takes 3 bytes of data, the file holds 2")]
    [InlineData(new byte[] { 0, 0, 8, 1, 0, 0, 0, 1, 1, 2 }, "[1] takes 1 bytes of data, the file holds 2")]
    [InlineData(new byte[] { 0, 0, 8, 1, 255, 255, 255, 255 }, "axis 0 has extent 4294967295: more than 2^31 - 1 elements")]
    [InlineData(new byte[] { 0, 0, 8, 2, 127, 0, 0, 0, 0, 0, 0, 2 }, "axis 1 has extent 2: more than 2^31 - 1 elements")]
    public void NamesWhatIsWrongWithAnIdx(byte[] file, string expected) =>
        Assert.Equal($"'test': {expected}", Assert.Throws<InvalidDataFileException>(() => IdxReader.Read(new MemoryStream(file), "test")).Message);

    [Fact]
    public void RefusesImagesAndLabelsOfDifferentCounts()
    {
        var error = Assert.Throws<InvalidDataFileException>(
            () => IdxReader.ReadDataset(new MemoryStream(Idx([2, 1], [0, 1])), new MemoryStream(Idx([3], [0, 1, 2])), "test"));
        Assert.Equal("'test': images [2, 1] and labels [3] do not belong together", error.Message);
    }

    [Fact]
    public void RefusesDamagedAndBombLikeGzip()
    {
        byte[] whole = Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 500).Select(i => $"{i},{i * 7919 % 1000},{i % 3}\n"))));
        Assert.Equal(500, Csv(whole).Count);

        byte[] checksum = [.. whole];
        checksum[^8] ^= 1;
        Assert.Contains("'test': damaged gzip data", Refused(checksum), StringComparison.Ordinal);
        Assert.Contains("'test': damaged gzip data", Refused(whole[..(whole.Length / 2)]), StringComparison.Ordinal);
        Assert.Contains("'test': damaged gzip data", Refused(whole[..^1]), StringComparison.Ordinal);
        Assert.Contains("'test': damaged gzip data", Refused([0x1F, 0x8B]), StringComparison.Ordinal);
        Assert.Contains("refused as a decompression bomb", Refused(Gzip(new byte[50_000_000])), StringComparison.Ordinal);
    }

    [Fact]
    public void ReadsSafetensorsDataSets()
    {
        Dataset golden = SafetensorsReader.Read(Path.Combine(AppContext.BaseDirectory, "Golden", "cnn_plain.safetensors"));
        Assert.Equal(Shape.Of(1, 14, 14), golden.SampleShape);
        Assert.Equal(6, golden.Count);

        Dataset data = Safetensors(writer =>
        {
            writer.Add("features", [2, 3], new double[] { 1, 2, 3, 4, 5, 6 });
            writer.Add("labels", [2], new[] { 2, 0 });
        });
        Assert.Equal([1f, 2, 3, 4, 5, 6], data.Features.ToArray());
        Assert.Equal([2, 0], data.Labels.ToArray());
        Assert.Equal(3, data.ClassCount);
    }

    [Fact]
    public void NamesWhatIsWrongWithASafetensorsDataSet()
    {
        AssertRefused("'test': has no tensor 'input'", writer => writer.Add("labels", [2], new[] { 2, 0 }));
        AssertRefused("'test': has no tensor 'target'", writer => writer.Add("input", [2, 1], new float[2]));
        AssertRefused("'test': input [2, 1] and target [3] do not belong together", writer =>
        {
            writer.Add("input", [2, 1], new float[2]);
            writer.Add("target", [3], new int[3]);
        });
        AssertRefused("'test': tensor 'target' is F32, expected integers (I64, I32 or U8)", writer =>
        {
            writer.Add("input", [2, 1], new float[2]);
            writer.Add("target", [2], new float[2]);
        });
        AssertRefused("'test': target[1] is 1099511627776, expected 0 to 65535", writer =>
        {
            writer.Add("input", [2, 1], new float[2]);
            writer.Add("target", [2], new[] { 0, 1L << 40 });
        });

        static void AssertRefused(string expected, Action<SafetensorsWriter> fill) =>
            Assert.Equal(expected, Assert.Throws<InvalidDataFileException>(() => Safetensors(fill)).Message);
    }

    internal static byte[] Gzip(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return stream.ToArray();
    }

    internal static byte[] Idx(int[] extents, byte[] values) =>
        [0, 0, 8, (byte)extents.Length, .. extents.SelectMany(extent => BitConverter.GetBytes(extent).Reverse()), .. values];

    private static Dataset Csv(byte[] file) => CsvReader.Read(new MemoryStream(file), "test");

    private static string Refused(byte[] csv) => Assert.Throws<InvalidDataFileException>(() => Csv(csv)).Message;

    private static Dataset Safetensors(Action<SafetensorsWriter> fill)
    {
        var writer = new SafetensorsWriter();
        fill(writer);
        using var stream = new MemoryStream();
        writer.Write(stream);
        return SafetensorsReader.Read(stream, "test");
    }
}
