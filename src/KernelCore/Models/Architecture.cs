using System.Text.Json;
using System.Text.Json.Serialization;
using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Layer lists as JSON: an array of objects, each with its <c>kind</c>.</summary>
public static class Architecture
{
    /// <summary>Parses a layer list.</summary>
    /// <exception cref="KernelCoreException">Not JSON, an unknown kind, an unknown or missing property.</exception>
    public static IReadOnlyList<Layer> Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            var layers = JsonSerializer.Deserialize(json, ArchitectureJson.Default.IReadOnlyListLayer);
            return layers is { Count: > 0 } ? Complete(layers) : throw new KernelCoreException("the architecture has no layers");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            string place = e is JsonException { Path: { } path } && !e.Message.Contains(path, StringComparison.Ordinal) ? $" at {path}" : "";
            throw new KernelCoreException($"the architecture is not a valid layer list{place}: {e.Message.ReplaceLineEndings(" ")}; known kinds: {string.Join(", ", Kinds)}", e);
        }
    }

    /// <summary>Writes a layer list in the form that <see cref="Parse"/> reads.</summary>
    public static string ToJson(IReadOnlyList<Layer> layers) => JsonSerializer.Serialize(layers, ArchitectureJson.Default.IReadOnlyListLayer);

    /// <summary>Refuses null in place of a layer, which JSON's nullability checks do not see inside lists.</summary>
    private static IReadOnlyList<Layer> Complete(IReadOnlyList<Layer> layers)
    {
        foreach (Layer? layer in layers)
        {
            _ = layer ?? throw new KernelCoreException("the architecture is not a valid layer list: null stands where a layer is expected");
            Complete([.. layer.Children.Select(c => c.Layer)]);
        }

        return layers;
    }

    private static IEnumerable<string> Kinds => typeof(Layer)
        .GetCustomAttributes(typeof(JsonDerivedTypeAttribute), inherit: false)
        .Select(a => (string)((JsonDerivedTypeAttribute)a).TypeDiscriminator!);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(IReadOnlyList<Layer>))]
internal sealed partial class ArchitectureJson : JsonSerializerContext;
