using System.Runtime.InteropServices;
using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Data;

/// <summary>Reads data sets from safetensors files.</summary>
/// <remarks>
/// Tensor <c>features</c> (or <c>input</c>), [samples, ...], of any readable type, or <c>tokens</c> with token ids, and integer tensor
/// <c>labels</c> (or <c>target</c>), [samples]. Other tensors are ignored. Features are taken as they are.
/// </remarks>
public static class SafetensorsReader
{
    private const string Tokens = "tokens";

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataFileException">The file cannot be read, is malformed or holds no data set; the message says why.</exception>
    public static Dataset Read(string path) => FileContent.Open(path, stream => Read(stream, path));

    /// <summary>Reads a file from a seekable stream.</summary>
    /// <param name="stream">The file, from position 0 to its end; disposed on return.</param>
    /// <param name="name">Name of the data set, and of the file in messages.</param>
    /// <exception cref="InvalidDataFileException">The file is malformed or holds no data set; the message says why.</exception>
    public static Dataset Read(Stream stream, string name)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(stream, name);
            Dataset data = Read(file, Find(file, "features", file.Contains(Tokens) ? Tokens : "input"), Find(file, "labels", "target"));
            return file.Contains("features") || !file.Contains(Tokens) ? data : data.AsTokens();
        }
        catch (InvalidModelFileException error)
        {
            throw new InvalidDataFileException(error.Message, error);
        }
    }

    private static TensorEntry Find(SafetensorsFile file, string name, string alternative) => file[file.Contains(name) ? name : alternative];

    private static Dataset Read(SafetensorsFile file, TensorEntry features, TensorEntry labels)
    {
        if (labels.Shape.Rank != 1 || features.Shape.Rank < 2 || features.Shape[0] != labels.Shape[0])
        {
            throw FileContent.Invalid(file.Name, $"{features.Name} {features.Shape} and {labels.Name} {labels.Shape} do not belong together");
        }

        var classes = new int[labels.Shape[0]];
        long[] values = file.ReadInt64s(labels.Name);
        for (int i = 0; i < values.Length; i++)
        {
            classes[i] = values[i] is >= 0 and < Dataset.MaxClasses
                ? (int)values[i]
                : throw FileContent.Invalid(file.Name, $"{labels.Name}[{i}] is {values[i]}, expected 0 to {Dataset.MaxClasses - 1}");
        }

        return new Dataset(
            file.Name, features.Shape.DropFirst(), ImmutableCollectionsMarshal.AsImmutableArray(file.ReadFloats(features.Name)),
            ImmutableCollectionsMarshal.AsImmutableArray(classes), Dataset.NumberedClasses(classes.Append(-1).Max() + 1));
    }
}
