using System.Text.Json;
using System.Text.Json.Serialization;
using KernelCore.Files;
using KernelCore.Kernels;
using KernelCore.Training;

namespace KernelCore.Runs;

/// <summary>What a training run was and how it went; <c>history.json</c>.</summary>
/// <param name="Version">Version of the library that trained.</param>
/// <param name="Device">Device that it trained on.</param>
/// <param name="Options">The recipe.</param>
/// <param name="TrainSamples">Number of training samples.</param>
/// <param name="TestSamples">Number of held-out samples.</param>
/// <param name="MislabelledSamples">Training samples whose label was corrupted.</param>
/// <param name="Epochs">A record per epoch.</param>
/// <param name="Picks">The epochs that the stopping rules pick.</param>
public sealed record RunHistory(
    string Version, string Device, RunOptions Options, int TrainSamples, int TestSamples, int MislabelledSamples,
    IReadOnlyList<EpochRecord> Epochs, StopperPicks Picks)
{
    /// <summary>Writes JSON; NaN and infinities as the strings "NaN", "Infinity" and "-Infinity".</summary>
    /// <param name="path">Target, written whole or not at all.</param>
    /// <exception cref="KernelCoreException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, RunJson.Default.RunHistory));

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataFileException">The file cannot be read or is no run history; the message names it.</exception>
    public static RunHistory Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), RunJson.Default.RunHistory)
                ?? throw new InvalidDataFileException($"{path}: is empty");
        }
        catch (JsonException error)
        {
            throw new InvalidDataFileException($"{path}: not a run history: {MessageText.OneLine(error.Message)}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataFileException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}

/// <summary>The epochs that the stopping rules pick; null where a rule picks none.</summary>
/// <param name="Gwa">Largest gradient-weight alignment.</param>
/// <param name="LabelWave">First local minimum of the prediction changes.</param>
public sealed record StopperPicks(int? Gwa, int? LabelWave);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunHistory))]
internal sealed partial class RunJson : JsonSerializerContext;
