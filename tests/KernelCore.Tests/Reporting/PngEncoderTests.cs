using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using KernelCore.Kernels;
using KernelCore.Reporting;

namespace KernelCore.Tests.Reporting;

public sealed class PngEncoderTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 5, 1)]
    [InlineData(3, 64, 3)]
    public void DecodesToTheSamePixels(int width, int height, int channels)
    {
        byte[] pixels = [.. Enumerable.Range(0, width * height * channels).Select(i => (byte)Philox.Integer(1, 0, (ulong)i, 256))];
        List<(string Type, byte[] Data)> chunks = Chunks(PngEncoder.Encode(pixels, width, height, channels));
        Assert.Equal(["IHDR", "IDAT", "IEND"], chunks.Select(c => c.Type));

        byte[] header = chunks[0].Data;
        Assert.Equal(13, header.Length);
        Assert.Equal(width, BinaryPrimitives.ReadInt32BigEndian(header));
        Assert.Equal(height, BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)));
        Assert.Equal([8, channels == 1 ? 0 : 2, 0, 0, 0], header[8..].Select(b => (int)b));

        var rows = new MemoryStream();
        using (var zlib = new ZLibStream(new MemoryStream(chunks[1].Data), CompressionMode.Decompress))
        {
            zlib.CopyTo(rows);
        }

        byte[] unfiltered = [.. rows.ToArray().Chunk(1 + (width * channels)).SelectMany(row =>
        {
            Assert.Equal(0, row[0]);
            return row[1..];
        })];
        Assert.Equal(pixels, unfiltered);
    }

    /// <summary>The check value of an empty IEND chunk is the same in every PNG file.</summary>
    [Fact]
    public void EndsAsEveryPngFile() => Assert.Equal("0000000049454E44AE426082", Convert.ToHexString(PngEncoder.Encode([0], 1, 1, 1)[^12..]));

    private static List<(string Type, byte[] Data)> Chunks(byte[] file)
    {
        Assert.Equal("89504E470D0A1A0A", Convert.ToHexString(file[..8]));
        var chunks = new List<(string Type, byte[] Data)>();
        for (int at = 8; at < file.Length; at += 12 + chunks[^1].Data.Length)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            chunks.Add((Encoding.ASCII.GetString(file, at + 4, 4), file[(at + 8)..(at + 8 + length)]));
        }

        return chunks;
    }
}
