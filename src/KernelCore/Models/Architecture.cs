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
            return layers is { Count: > 0 } && !layers.Contains(null!) ? layers : throw new KernelCoreException("the architecture has no layers");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            throw new KernelCoreException($"the architecture is not a valid layer list: {e.Message.ReplaceLineEndings(" ")}; known kinds: {string.Join(", ", Kinds)}", e);
        }
    }

    /// <summary>Writes a layer list in the form that <see cref="Parse"/> reads.</summary>
    public static string ToJson(IReadOnlyList<Layer> layers) => JsonSerializer.Serialize(layers, ArchitectureJson.Default.IReadOnlyListLayer);

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
