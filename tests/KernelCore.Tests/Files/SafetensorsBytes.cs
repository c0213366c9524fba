using System.Buffers.Binary;
using System.Text;
using KernelCore.Files;

namespace KernelCore.Tests.Files;

/// <summary>Safetensors files put together by hand, independently of the writer.</summary>
internal static class SafetensorsBytes
{
    /// <summary>A file with the given header text and data.</summary>
    public static byte[] Of(string header, params byte[] data) => Of(Encoding.UTF8.GetBytes(header), data);

    /// <summary>A file with the given header bytes and data.</summary>
    public static byte[] Of(byte[] header, params byte[] data)
    {
        var file = new byte[8 + header.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        data.CopyTo(file, 8 + header.Length);
        return file;
    }

    /// <summary>Opens bytes under the name <c>test</c>.</summary>
    public static SafetensorsFile Open(byte[] file) => SafetensorsFile.Open(new MemoryStream(file), "test");
}
