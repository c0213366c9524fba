using KernelCore.Files;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Torch;

/// <summary>Weights and buffers of modules as safetensors files under PyTorch's names, and TorchSharp's own <c>.dat</c> files.</summary>
public static class TorchModelFile
{
    /// <summary>Reads weights and buffers into the module.</summary>
    /// <param name="model">Receives the values.</param>
    /// <param name="path">A <c>.safetensors</c> file with the names of the module's state dict, or a <c>.dat</c> file written by <c>module.save</c>.</param>
    /// <exception cref="InvalidModelFileException">The file is broken or does not fit the module; the message names the parameter and both shapes.</exception>
    public static void Load(TorchModel model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(path);
        if (Path.GetExtension(path).Equals(".dat", StringComparison.OrdinalIgnoreCase))
        {
            LoadDat(model, path);
            return;
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        LoadWeights(model, file);
    }

    /// <summary>Reads weights and buffers from an open safetensors file into the module.</summary>
    /// <inheritdoc cref="NetworkFile.LoadWeights(Network, SafetensorsFile, string, string, bool)" path="/param[@name != 'network']"/>
    /// <param name="model">Receives the values.</param>
    /// <exception cref="InvalidModelFileException">A parameter is missing, superfluous, of the wrong shape, or NaN.</exception>
    public static void LoadWeights(
        TorchModel model, SafetensorsFile file, string parameterPrefix = "", string bufferPrefix = "", bool strict = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(file);
        model.ModuleParameters.Refresh();
        using var host = new TorchMemory(CpuDevice.Shared);
        var buffers = RealBuffers(model).ToDictionary(b => b.Name, b => host.Export(b.Buffer), StringComparer.Ordinal);
        try
        {
            NetworkFile.LoadWeights(model.Parameters, buffers, model.ModuleParameters.Aliases, file, parameterPrefix, bufferPrefix, strict);
            model.WriteParameters();
            foreach (var (name, buffer) in RealBuffers(model))
            {
                host.Write(buffers[name], buffer);
            }
        }
        finally
        {
            foreach (Tensor buffer in buffers.Values)
            {
                buffer.Dispose();
            }
        }
    }

    /// <summary>Writes weights and buffers as safetensors; atomic, and the same bytes for the same values.</summary>
    public static void Save(TorchModel model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(path);
        model.ModuleParameters.Refresh();
        var writer = new SafetensorsWriter();
        foreach (ParameterInfo parameter in model.Parameters.Layout.Parameters)
        {
            writer.Add(parameter.Name, parameter.Shape, model.Parameters[parameter.Name].ToArray());
        }

        using var host = new TorchMemory(CpuDevice.Shared);
        foreach (var (name, buffer) in RealBuffers(model))
        {
            using Tensor values = host.Export(buffer);
            writer.Add(name, values.Shape, values.ToArray());
        }

        writer.Save(path);
    }

    /// <summary>All buffers but the counters of batch norms.</summary>
    private static IEnumerable<(string Name, TorchTensor Buffer)> RealBuffers(TorchModel model) =>
        model.Module.named_buffers().Where(b => b.buffer.dtype == torch.ScalarType.Float32 && !b.name.EndsWith("num_batches_tracked", StringComparison.Ordinal));

    private static void LoadDat(TorchModel model, string path)
    {
        try
        {
            using var noGradient = torch.no_grad();
            model.Module.load(path);
        }
        catch (Exception error) when (error is ArgumentException or IOException or FormatException or InvalidOperationException or NotSupportedException)
        {
            throw new InvalidModelFileException($"{path}: {error.Message.ReplaceLineEndings(" ")}", error);
        }

        model.ModuleParameters.Refresh();
    }
}
