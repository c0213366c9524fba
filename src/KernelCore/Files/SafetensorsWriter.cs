using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using KernelCore.Kernels;

namespace KernelCore.Files;

/// <summary>Collects named tensors and metadata and writes them as a safetensors file.</summary>
/// <remarks>
/// The bytes depend on the content alone: metadata and tensors are sorted by name (ordinal), the header is padded with
/// spaces to a multiple of 8 bytes, nothing else is written. Values are read when the file is written, not copied
/// before. Not thread safe.
/// </remarks>
public sealed class SafetensorsWriter
{
    private const int ChunkElements = 1 << 20;

    private readonly SortedDictionary<string, Item> _items = new(StringComparer.Ordinal);

    private sealed record Item(ElementType Type, Shape Shape, Action<Stream> Write);

    /// <summary>String metadata of the file.</summary>
    public IDictionary<string, string> Metadata { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Adds a float32 tensor.</summary>
    /// <param name="name">Name, unique within the file and not <c>__metadata__</c>.</param>
    /// <param name="shape">Extents.</param>
    /// <param name="values">Elements, row-major, as many as the shape has.</param>
    /// <exception cref="ArgumentException">The name is taken or reserved, or the count does not match the shape.</exception>
    public void Add(string name, Shape shape, ReadOnlyMemory<float> values) => Add(name, shape, ElementType.F32, values);

    /// <inheritdoc cref="Add(string, Shape, ReadOnlyMemory{float})"/>
    /// <summary>Adds a float64 tensor.</summary>
    public void Add(string name, Shape shape, ReadOnlyMemory<double> values) => Add(name, shape, ElementType.F64, values);

    /// <inheritdoc cref="Add(string, Shape, ReadOnlyMemory{float})"/>
    /// <summary>Adds an int64 tensor.</summary>
    public void Add(string name, Shape shape, ReadOnlyMemory<long> values) => Add(name, shape, ElementType.I64, values);

    /// <inheritdoc cref="Add(string, Shape, ReadOnlyMemory{float})"/>
    /// <summary>Adds an int32 tensor.</summary>
    public void Add(string name, Shape shape, ReadOnlyMemory<int> values) => Add(name, shape, ElementType.I32, values);

    /// <summary>Adds a tensor that is produced while the file is written; tensors are written by increasing name.</summary>
    /// <param name="name">Name, unique within the file and not <c>__metadata__</c>.</param>
    /// <param name="shape">Extents.</param>
    /// <param name="type">Element type.</param>
    /// <param name="write">Writes exactly the bytes of the shape, little-endian and row-major.</param>
    /// <exception cref="ArgumentException">The name is taken or reserved.</exception>
    internal void Add(string name, Shape shape, ElementType type, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name == SafetensorsHeader.MetadataKey || !_items.TryAdd(name, new Item(type, shape, write)))
        {
            throw new ArgumentException($"tensor name '{name}' is taken or reserved", nameof(name));
        }
    }

    /// <summary>Writes the file, complete or not at all (<see cref="AtomicFile"/>).</summary>
    /// <exception cref="KernelCoreException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.Write(path, Write);

    /// <summary>Writes the file to a stream.</summary>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArrayBufferWriter<byte> header = Header();
        int padding = -header.WrittenCount & 7;
        header.GetSpan(padding)[..padding].Fill((byte)' ');
        header.Advance(padding);

        Span<byte> length = stackalloc byte[SafetensorsHeader.PrefixLength];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.WrittenCount);
        stream.Write(length);
        stream.Write(header.WrittenSpan);
        foreach (Item item in _items.Values)
        {
            item.Write(stream);
        }
    }

    private static void WriteValues<T>(Stream stream, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        // In pieces, because the bytes of a large array outnumber what one span can count.
        while (!values.IsEmpty)
        {
            int count = Math.Min(ChunkElements, values.Length);
            stream.Write(MemoryMarshal.AsBytes(values[..count]));
            values = values[count..];
        }
    }

    private void Add<T>(string name, Shape shape, ElementType type, ReadOnlyMemory<T> values)
        where T : unmanaged
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (values.Length != shape.Count)
        {
            throw new ArgumentException($"tensor '{name}' of shape {shape} takes {shape.Count} elements, got {values.Length}", nameof(values));
        }

        Add(name, shape, type, stream => WriteValues(stream, values.Span));
    }

    private ArrayBufferWriter<byte> Header()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        if (Metadata.Count > 0)
        {
            json.WriteStartObject(SafetensorsHeader.MetadataKey);
            foreach (var (key, value) in Metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        long offset = 0;
        foreach (var (name, item) in _items)
        {
            var entry = new TensorEntry(name, item.Type, item.Shape, offset);
            offset += entry.ByteCount;
            WriteEntry(json, entry);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer;
    }

    private static void WriteEntry(Utf8JsonWriter json, TensorEntry entry)
    {
        json.WriteStartObject(entry.Name);
        json.WriteString("dtype", entry.Type.ToString());
        json.WriteStartArray("shape");
        foreach (int extent in entry.Shape)
        {
            json.WriteNumberValue(extent);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(entry.Offset);
        json.WriteNumberValue(entry.Offset + entry.ByteCount);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
