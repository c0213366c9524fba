using System.Buffers.Binary;
using System.IO.Compression;

namespace KernelCore.Reporting;

/// <summary>Encodes small pictures as PNG: 8 bits per channel, grey or RGB, no filter.</summary>
internal static class PngEncoder
{
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(CrcOfByte)];

    /// <summary>Encodes a picture.</summary>
    /// <param name="pixels">Rows from the top, channels interleaved: [height, width, channels].</param>
    /// <param name="width">Pixels per row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="channels">1 for grey, 3 for RGB.</param>
    public static byte[] Encode(ReadOnlySpan<byte> pixels, int width, int height, int channels)
    {
        const byte grey = 0, rgb = 2, bitDepth = 8;
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9]) = (bitDepth, channels == 1 ? grey : rgb);

        var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n']);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, Compress(pixels, width * channels, height));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Compress(ReadOnlySpan<byte> pixels, int stride, int height)
    {
        const byte noFilter = 0;
        var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.SmallestSize))
        {
            for (int row = 0; row < height; row++)
            {
                zlib.WriteByte(noFilter);
                zlib.Write(pixels.Slice(row * stride, stride));
            }
        }

        return compressed.ToArray();
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        file.Write(word);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, ~Crc(Crc(uint.MaxValue, type), data));
        file.Write(word);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte value in data)
        {
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint CrcOfByte(int value)
    {
        const uint polynomial = 0xEDB88320;
        uint crc = (uint)value;
        for (int bit = 0; bit < 8; bit++)
        {
            crc = (crc & 1) != 0 ? polynomial ^ (crc >> 1) : crc >> 1;
        }

        return crc;
    }
}
