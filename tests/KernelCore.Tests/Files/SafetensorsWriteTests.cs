using System.Buffers.Binary;
using KernelCore.Conformance;
using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Tests.Files;

public sealed class SafetensorsWriteTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(16_385)]
    [InlineData((1 << 20) + 1)]
    public void RoundTripsBitForBit(int count)
    {
        float[] floats = TestNumbers.Normal(1, count);
        double[] doubles = [.. floats.Select(x => x / 3.0)];
        int[] ints = TestNumbers.Integers(2, count, int.MaxValue);
        long[] longs = [.. ints.Select(x => (long)x << 20)];
        if (count > 0)
        {
            floats[0] = float.NaN;
            doubles[0] = double.NegativeInfinity;
        }

        var writer = new SafetensorsWriter { Metadata = { ["arch"] = """[{"type":"linear"}] "µ" """, [""] = "" } };
        writer.Add("b", [count], floats);
        writer.Add("a", [1, count], doubles);
        writer.Add("d/ä", [count, 1, 1], ints);
        writer.Add("c", [count], longs);
        using SafetensorsFile file = SafetensorsBytes.Open(Bytes(writer));

        Assert.Equal(floats, file.ReadFloats("b"));
        Assert.Equal(doubles, file.ReadDoubles("a"));
        Assert.Equal(ints.Select(x => (long)x), file.ReadInt64s("d/ä"));
        Assert.Equal(longs, file.ReadInt64s("c"));
        Assert.Equal(Shape.Of(count, 1, 1), file["d/ä"].Shape);
        Assert.Equal(writer.Metadata, file.Metadata);
    }

    [Fact]
    public void BytesAreTheDocumentedOnes()
    {
        var writer = new SafetensorsWriter { Metadata = { ["b"] = "2", ["a"] = "1" } };
        writer.Add("w", [2], new[] { 1f, 2f });
        writer.Add("B", [], new[] { 5L });
        string header = """{"__metadata__":{"a":"1","b":"2"},"B":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        byte[] expected = SafetensorsBytes.Of(header, [.. BitConverter.GetBytes(5L), .. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(2f)]);
        Assert.Equal(expected, Bytes(writer));
    }

    [Fact]
    public void OrderOfAddingDoesNotMatter()
    {
        string[] names = ["10", "9", "a", "B", "a.b", "a_b", "ä"];
        var forward = new SafetensorsWriter();
        var backward = new SafetensorsWriter();
        foreach (string name in names)
        {
            forward.Add(name, [1], new[] { (float)name.Length });
        }

        foreach (string name in names.Reverse())
        {
            backward.Add(name, [1], new[] { (float)name.Length });
        }

        Assert.Equal(Bytes(forward), Bytes(backward));
    }

    [Fact]
    public void HeaderIsPaddedToEightBytes()
    {
        for (int length = 1; length <= 8; length++)
        {
            var writer = new SafetensorsWriter();
            writer.Add(new string('n', length), [1], new[] { 1f });
            Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(Bytes(writer)) % 8);
        }
    }

    [Fact]
    public void RefusesWrongCountsAndNames()
    {
        var writer = new SafetensorsWriter();
        Assert.Contains("shape [3] takes 3 elements, got 2", Assert.Throws<ArgumentException>(() => writer.Add("a", [3], new float[2])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => writer.Add("__metadata__", [1], new float[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("", [1], new float[1]));
        writer.Add("a", [1], new float[1]);
        Assert.Throws<ArgumentException>(() => writer.Add("a", [1], new int[1]));
    }

    [Fact]
    public void SavesAndOpensByPath()
    {
        using var folder = new TemporaryFolder();
        var writer = new SafetensorsWriter();
        writer.Add("a", [3], new[] { 1, 2, 3 });
        writer.Save(folder["model.safetensors"]);
        using (SafetensorsFile file = SafetensorsFile.Open(folder["model.safetensors"]))
        {
            Assert.Equal([1, 2, 3], file.ReadInt64s("a"));
        }

        Assert.Single(Directory.GetFiles(folder.Path));
    }

    private static byte[] Bytes(SafetensorsWriter writer)
    {
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }
}
