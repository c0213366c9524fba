using System.Text.Json;
using System.Text.Json.Serialization;

namespace KernelCore.Models;

/// <summary>A vertical and a horizontal extent. In JSON a number or [height, width].</summary>
/// <param name="Height">Vertical extent.</param>
/// <param name="Width">Horizontal extent.</param>
[JsonConverter(typeof(Extent2DConverter))]
public readonly record struct Extent2D(int Height, int Width)
{
    /// <summary>The same extent both ways.</summary>
    public static implicit operator Extent2D(int extent) => new(extent, extent);
}

/// <summary>Zero padding of a convolution. In JSON a number, [vertical, horizontal] or <c>"same"</c>.</summary>
/// <param name="Height">Rows above and below.</param>
/// <param name="Width">Columns left and right.</param>
/// <param name="Same">Pads to the input's extent at stride 1; an odd total puts the extra zero below or right, as in PyTorch.</param>
[JsonConverter(typeof(Padding2DConverter))]
public readonly record struct Padding2D(int Height, int Width, bool Same = false)
{
    /// <summary>Padding that keeps the extents.</summary>
    public static Padding2D KeepSize { get; } = new(0, 0, Same: true);

    /// <summary>The same padding on all sides.</summary>
    public static implicit operator Padding2D(int padding) => new(padding, padding);

    /// <summary>Leading padding and output extent along one axis (0 vertical, 1 horizontal).</summary>
    internal (int Before, int Out) Along(int axis, int extent, int kernel, int stride, int dilation)
    {
        long span = dilation * (kernel - 1L);
        if (Same)
        {
            return (checked((int)(span / 2)), ((extent - 1) / stride) + 1);
        }

        int padding = axis == 0 ? Height : Width;
        long room = extent + (2L * padding) - span - 1;
        return (padding, room < 0 ? 0 : checked((int)(room / stride) + 1));
    }
}

internal sealed class Extent2DConverter : JsonConverter<Extent2D>
{
    public override Extent2D Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadPair(ref reader);

    public override void Write(Utf8JsonWriter writer, Extent2D value, JsonSerializerOptions options) => WritePair(writer, value.Height, value.Width);

    internal static Extent2D ReadPair(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.GetInt32();
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("expected a number or [height, width]");
        }

        Span<int> pair = stackalloc int[2];
        for (int i = 0; i < 2; i++)
        {
            reader.Read();
            pair[i] = reader.GetInt32();
        }

        return reader.Read() && reader.TokenType == JsonTokenType.EndArray
            ? new Extent2D(pair[0], pair[1])
            : throw new JsonException("expected two numbers, [height, width]");
    }

    internal static void WritePair(Utf8JsonWriter writer, int height, int width)
    {
        if (height == width)
        {
            writer.WriteNumberValue(height);
            return;
        }

        writer.WriteStartArray();
        writer.WriteNumberValue(height);
        writer.WriteNumberValue(width);
        writer.WriteEndArray();
    }
}

internal sealed class Padding2DConverter : JsonConverter<Padding2D>
{
    public override Padding2D Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.ValueTextEquals("same"u8) ? Padding2D.KeepSize : throw new JsonException("padding is a number, a pair or \"same\"");
        }

        Extent2D pair = Extent2DConverter.ReadPair(ref reader);
        return new Padding2D(pair.Height, pair.Width);
    }

    public override void Write(Utf8JsonWriter writer, Padding2D value, JsonSerializerOptions options)
    {
        if (value.Same)
        {
            writer.WriteStringValue("same");
        }
        else
        {
            Extent2DConverter.WritePair(writer, value.Height, value.Width);
        }
    }
}
