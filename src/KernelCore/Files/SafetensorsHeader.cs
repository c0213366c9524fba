using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using KernelCore.Kernels;

namespace KernelCore.Files;

/// <summary>The checked header of a safetensors file.</summary>
/// <remarks>
/// Layout: header length (u64, little-endian), header (JSON, UTF-8), data. The tensors must tile the data: sorted by
/// offset each begins where the one before ends, from the first byte to the last. Nothing is allocated for a number
/// that the file claims before that number has been checked against the length of the file.
/// </remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>Longest header accepted, as in the reference implementation.</summary>
    public const long MaxLength = 100_000_000;

    /// <summary>Bytes before the header.</summary>
    public const int PrefixLength = 8;

    /// <summary>Header entry that holds the metadata instead of a tensor.</summary>
    public const string MetadataKey = "__metadata__";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly string _file;
    private readonly List<TensorEntry> _tensors = [];
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string file) => _file = file;

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<TensorEntry> Tensors => _tensors;

    /// <summary>The metadata; empty when the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Position of the first data byte in the file.</summary>
    public long DataStart { get; private init; }

    /// <summary>Reads and checks the header of a seekable stream, from its beginning.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="InvalidModelFileException">The file is not a valid safetensors file.</exception>
    public static SafetensorsHeader Read(Stream stream, string file)
    {
        long length = stream.Length;
        if (length < PrefixLength)
        {
            throw Invalid(file, $"truncated: {length} bytes, not even a header length");
        }

        Span<byte> prefix = stackalloc byte[PrefixLength];
        stream.Position = 0;
        stream.ReadExactly(prefix);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > MaxLength)
        {
            throw Invalid(file, $"header length {headerLength} exceeds the limit of {MaxLength} bytes; is this a safetensors file?");
        }

        if ((long)headerLength > length - PrefixLength)
        {
            throw Invalid(file, $"truncated: a header of {headerLength} bytes does not fit a file of {length} bytes");
        }

        var json = new byte[headerLength];
        stream.ReadExactly(json);
        if (!Utf8.IsValid(json))
        {
            throw Invalid(file, "header is not UTF-8");
        }

        var header = new SafetensorsHeader(file) { DataStart = PrefixLength + (long)headerLength };
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            header.Parse(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with an escaped lone surrogate, which has no UTF-16 form.
            throw Invalid(file, $"header is malformed JSON: {error.Message}", error);
        }

        header.CheckTiling(length - header.DataStart);
        return header;
    }

    /// <summary>An error about a model file, on one line.</summary>
    public static InvalidModelFileException Invalid(string file, string problem, Exception? inner = null) =>
        new(MessageText.OneLine($"'{file}': {problem}"), inner);

    private void Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(_file, $"header is a JSON {root.ValueKind}, expected an object");
        }

        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.NameEquals(MetadataKey))
            {
                ParseMetadata(property.Value);
            }
            else
            {
                _tensors.Add(ParseTensor(property));
            }
        }
    }

    private void ParseMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(_file, $"{MetadataKey} is a JSON {metadata.ValueKind}, expected an object of strings");
        }

        foreach (JsonProperty property in metadata.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
            {
                throw Invalid(_file, $"metadata {MessageText.Quote(property.Name)} is a JSON {property.Value.ValueKind}, expected a string");
            }

            _metadata.Add(property.Name, property.Value.GetString()!);
        }
    }

    private TensorEntry ParseTensor(JsonProperty property)
    {
        string name = property.Name;
        string what = $"tensor {MessageText.Quote(name)}";
        JsonElement value = property.Value;
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out JsonElement dtype)
            || !value.TryGetProperty("shape", out JsonElement shape)
            || !value.TryGetProperty("data_offsets", out JsonElement offsets)
            || value.GetPropertyCount() != 3)
        {
            throw Invalid(_file, $"{what} is not an object of exactly dtype, shape and data_offsets");
        }

        string? typeName = dtype.ValueKind == JsonValueKind.String ? dtype.GetString() : null;
        ElementType type = ElementTypes.Parse(typeName) ?? throw Invalid(
            _file, $"{what} has dtype {MessageText.Quote(typeName ?? dtype.ValueKind.ToString())}, readable are {ElementTypes.Readable}");

        long[] range = Integers(offsets, $"data_offsets of {what}");
        if (range.Length != 2 || range[1] < range[0])
        {
            throw Invalid(_file, $"data_offsets of {what} are not [begin, end] with begin <= end");
        }

        Shape extents = ParseShape(shape, what, type, out long byteCount);
        if (byteCount != range[1] - range[0])
        {
            throw Invalid(_file, $"{what} of shape {extents} and dtype {type} takes {byteCount} bytes, its data_offsets span {range[1] - range[0]}");
        }

        return new TensorEntry(name, type, extents, range[0]);
    }

    private Shape ParseShape(JsonElement shape, string what, ElementType type, out long byteCount)
    {
        long[] extents = Integers(shape, $"shape of {what}");
        if (extents.Length > Shape.MaxRank)
        {
            throw Invalid(_file, $"{what} has {extents.Length} axes, at most {Shape.MaxRank} are supported");
        }

        Span<int> narrow = stackalloc int[extents.Length];
        Int128 bytes = type.Size();
        for (int i = 0; i < extents.Length; i++)
        {
            bytes *= extents[i];
            if (bytes > long.MaxValue || extents[i] > int.MaxValue)
            {
                throw Invalid(_file, $"{what} has shape [{string.Join(", ", extents)}]: its size overflows");
            }

            narrow[i] = (int)extents[i];
        }

        byteCount = (long)bytes;
        return Shape.Of(narrow);
    }

    private long[] Integers(JsonElement array, string what)
    {
        if (array.ValueKind != JsonValueKind.Array)
        {
            throw Invalid(_file, $"{what} is a JSON {array.ValueKind}, expected an array");
        }

        var values = new long[array.GetArrayLength()];
        int count = 0;
        foreach (JsonElement element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out values[count]) || values[count++] < 0)
            {
                throw Invalid(_file, $"{what} holds {MessageText.Quote(element.GetRawText())}, expected integers from 0 to 2^63 - 1");
            }
        }

        return values;
    }

    private void CheckTiling(long dataLength)
    {
        // Empty tensors share their offset with a neighbour: they sort before it.
        _tensors.Sort((a, b) =>
        {
            int order = (a.Offset, a.ByteCount).CompareTo((b.Offset, b.ByteCount));
            return order != 0 ? order : string.CompareOrdinal(a.Name, b.Name);
        });
        long end = 0;
        foreach (TensorEntry tensor in _tensors)
        {
            string what = $"tensor {MessageText.Quote(tensor.Name)}";
            if (tensor.Offset + tensor.ByteCount > dataLength)
            {
                throw Invalid(_file, $"truncated: {what} ends at data byte {tensor.Offset + tensor.ByteCount}, the file holds {dataLength}");
            }

            if (tensor.Offset != end)
            {
                string problem = tensor.Offset < end ? "overlaps the tensor before it" : "leaves a hole before it";
                throw Invalid(_file, $"{what} begins at data byte {tensor.Offset}, expected {end}: it {problem}");
            }

            end += tensor.ByteCount;
        }

        if (end != dataLength)
        {
            throw Invalid(_file, $"{dataLength - end} bytes follow the last tensor");
        }
    }
}
