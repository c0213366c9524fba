using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Networks as safetensors files: weights under PyTorch's names, the architecture as metadata.</summary>
public static class NetworkFile
{
    /// <summary>Metadata key of the layer list, JSON.</summary>
    public const string ArchitectureKey = "arch";

    private const string CounterSuffix = ".num_batches_tracked";

    /// <summary>Saves weights, buffers and architecture; atomic, and the same bytes for the same network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="path">Destination.</param>
    /// <param name="metadata">More metadata to store; null for none.</param>
    public static void Save(Network network, string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        var writer = new SafetensorsWriter();
        foreach (var (key, value) in metadata ?? new Dictionary<string, string>())
        {
            writer.Metadata[key] = value;
        }

        writer.Metadata[ArchitectureKey] = Architecture.ToJson(network.Layers);
        for (int i = 0; i < network.Parameters.Layout.Parameters.Count; i++)
        {
            ParameterInfo parameter = network.Parameters.Layout.Parameters[i];
            writer.Add(parameter.Name, parameter.Shape, network.Parameters[i].ToArray());
        }

        foreach (var (name, buffer) in network.Buffers)
        {
            writer.Add(name, buffer.Shape, buffer.ToArray());
        }

        writer.Save(path);
    }

    /// <summary>Loads a network.</summary>
    /// <param name="device">Where it will run.</param>
    /// <param name="path">A file written by <see cref="Save"/>, or a PyTorch state dict saved as safetensors.</param>
    /// <param name="architecture">The layers; null takes them from the file's metadata.</param>
    /// <exception cref="InvalidModelFileException">The file is broken or does not fit the architecture; the message names the parameter and both shapes.</exception>
    public static Network Load(Device device, string path, IReadOnlyList<Layer>? architecture = null)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (architecture is null)
        {
            architecture = file.Metadata.TryGetValue(ArchitectureKey, out string? json)
                ? Architecture.Parse(json)
                : throw new InvalidModelFileException($"{path}: has no metadata '{ArchitectureKey}'; pass the architecture along");
        }

        var network = new Network(device, architecture);
        try
        {
            LoadWeights(network, file);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Reads the weights and buffers of an existing network from an open file.</summary>
    /// <param name="network">Receives the values.</param>
    /// <param name="file">The file.</param>
    /// <param name="parameterPrefix">What stands before the names of parameters.</param>
    /// <param name="bufferPrefix">What stands before the names of buffers.</param>
    /// <param name="strict">Whether every tensor of the file must belong to the network.</param>
    /// <exception cref="InvalidModelFileException">A parameter is missing, superfluous, of the wrong shape, or NaN.</exception>
    public static void LoadWeights(
        Network network, SafetensorsFile file, string parameterPrefix = "", string bufferPrefix = "", bool strict = true)
    {
        ArgumentNullException.ThrowIfNull(network);
        LoadWeights(network.Parameters, network.Buffers, network.Aliases, file, parameterPrefix, bufferPrefix, strict);
    }

    /// <summary>Reads the weights and buffers of any model from an open file.</summary>
    /// <inheritdoc cref="LoadWeights(Network, SafetensorsFile, string, string, bool)" path="/param[@name != 'network']"/>
    /// <param name="parameters">Receives the weights.</param>
    /// <param name="buffers">Receive the buffers, by name.</param>
    /// <param name="aliases">Names under which a shared parameter may appear again, with its first name.</param>
    /// <exception cref="InvalidModelFileException">A parameter is missing, superfluous, of the wrong shape, or NaN.</exception>
    public static void LoadWeights(
        ParameterVector parameters, IReadOnlyDictionary<string, Tensor> buffers, IReadOnlyDictionary<string, string> aliases,
        SafetensorsFile file, string parameterPrefix = "", string bufferPrefix = "", bool strict = true)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(buffers);
        ArgumentNullException.ThrowIfNull(aliases);
        ArgumentNullException.ThrowIfNull(file);
        var used = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < parameters.Layout.Parameters.Count; i++)
        {
            LoadTensor(file, parameterPrefix + parameters.Layout.Parameters[i].Name, parameters[i], used);
        }

        foreach (var (name, buffer) in buffers)
        {
            LoadTensor(file, bufferPrefix + name, buffer, used);
        }

        foreach (var (alias, name) in aliases)
        {
            string prefix = buffers.ContainsKey(name) ? bufferPrefix : parameterPrefix, stored = StoredName(file, prefix + alias);
            if (file.Contains(stored) && used.Add(stored)
                && !file.ReadFloats(stored).AsSpan().SequenceEqual(file.ReadFloats(StoredName(file, prefix + name))))
            {
                throw new InvalidModelFileException($"{file.Name}: '{stored}' and '{name}' are one shared parameter, but their values differ");
            }
        }

        string? extra = strict
            ? file.Tensors.Select(t => t.Name).FirstOrDefault(n => !used.Contains(n) && !n.EndsWith(CounterSuffix, StringComparison.Ordinal))
            : null;
        if (extra is not null)
        {
            throw new InvalidModelFileException($"{file.Name}: tensor '{extra}' belongs to no layer of the architecture");
        }
    }

    private static void LoadTensor(SafetensorsFile file, string name, Tensor destination, HashSet<string> used)
    {
        string stored = StoredName(file, name);
        if (!file.Contains(stored))
        {
            throw new InvalidModelFileException($"{file.Name}: parameter '{name}' of shape {destination.Shape} is missing");
        }

        if (file[stored].Shape != destination.Shape)
        {
            throw new InvalidModelFileException($"{file.Name}: parameter '{name}' should have shape {destination.Shape}, the file has {file[stored].Shape}");
        }

        if (file[stored].Type.IsInteger())
        {
            throw new InvalidModelFileException($"{file.Name}: parameter '{name}' should be floating point, the file has {file[stored].Type}");
        }

        float[] values = file.ReadFloats(stored);
        int bad = Array.FindIndex(values, v => !float.IsFinite(v));
        if (bad >= 0)
        {
            throw new InvalidModelFileException($"{file.Name}: parameter '{name}' has the value {values[bad]} at element {bad}");
        }

        destination.CopyFrom(values);
        used.Add(stored);
    }

    /// <summary>PyTorch's MultiheadAttention says in_proj_weight where everything else has a dot.</summary>
    private static string StoredName(SafetensorsFile file, string name) =>
        !file.Contains(name) && name.Contains(".in_proj.", StringComparison.Ordinal) ? name.Replace(".in_proj.", ".in_proj_", StringComparison.Ordinal) : name;
}
