using System.Buffers.Binary;
using System.IO.Compression;
using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Data;

/// <summary>Reads whole data files, compressed with gzip or plain; the first two bytes tell which.</summary>
internal static class FileContent
{
    /// <summary>Content up to this size is accepted however well it compressed.</summary>
    public const int AlwaysAccepted = 1 << 20;

    /// <summary>Larger content may be at most this many times the size of its gzip file: real data compresses less.</summary>
    public const int MaxExpansion = 200;

    /// <summary>A gzip file ends with the size of its content, modulo 2^32.</summary>
    private const int GzipSizeLength = 4;

    /// <summary>Opens a file, hands its content to a reader and turns I/O errors into errors about the data.</summary>
    /// <exception cref="InvalidDataFileException">The file cannot be read.</exception>
    public static T Open<T>(string path, Func<Stream, T> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return read(stream);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Invalid(path, $"cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads a seekable stream to its end, decompressing if it begins like a gzip file (of one member).</summary>
    /// <remarks>Allocates at most a small multiple of what the stream holds, and of the limits above for gzip.</remarks>
    /// <exception cref="InvalidDataFileException">Damaged or suspiciously compressed gzip, or more than 2 GB.</exception>
    public static ReadOnlyMemory<byte> Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        long length = stream.Length - stream.Position;
        if (length > Array.MaxLength)
        {
            throw Invalid(name, $"{length} bytes, at most {Array.MaxLength} are supported");
        }

        var content = new byte[length];
        stream.ReadExactly(content);
        return content is [0x1F, 0x8B, ..] ? Decompress(content, name) : content;
    }

    /// <summary>An error about a data file, on one line.</summary>
    public static InvalidDataFileException Invalid(string file, string problem, Exception? inner = null) =>
        new(MessageText.OneLine($"'{file}': {problem}"), inner);

    private static ReadOnlyMemory<byte> Decompress(byte[] compressed, string name)
    {
        long limit = Math.Min(Array.MaxLength, Math.Max(AlwaysAccepted, (long)MaxExpansion * compressed.Length));
        try
        {
            using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
            var content = new byte[Math.Min(limit, 4L * compressed.Length)];
            int count = 0;
            for (int read; (read = gzip.Read(content, count, content.Length - count)) > 0;)
            {
                count += read;
                if (count == content.Length)
                {
                    if (count == limit)
                    {
                        throw Invalid(name, $"expands to more than {limit} bytes from {compressed.Length}: refused as a decompression bomb");
                    }

                    Array.Resize(ref content, (int)Math.Min(limit, 2L * count));
                }
            }

            // GZipStream takes a truncated file for a complete one; the size in the last four bytes gives it away.
            return compressed.Length >= GzipSizeLength && BinaryPrimitives.ReadUInt32LittleEndian(compressed.AsSpan()[^GzipSizeLength..]) == (uint)count
                ? content.AsMemory(0, count)
                : throw Invalid(name, "damaged gzip data: truncated, or followed by something else");
        }
        catch (InvalidDataException error)
        {
            throw Invalid(name, $"damaged gzip data: {error.Message}", error);
        }
    }
}
