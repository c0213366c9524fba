using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch;

/// <summary>Networks of this library as TorchSharp modules, and back.</summary>
public static class TorchNetwork
{
    /// <summary>A module for a list of layers, with TorchSharp's initial weights and the parameter names of the list.</summary>
    /// <exception cref="KernelCoreException">A layer ties or reuses what does not come before it.</exception>
    public static Modules.Sequential FromLayers(IReadOnlyList<Layer> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return new ModuleBuilder().Build(layers, "");
    }

    /// <summary>A module that computes what a network computes, with a copy of its weights and statistics.</summary>
    public static Modules.Sequential FromNetwork(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        Modules.Sequential module = FromLayers(network.Layers);
        using var memory = new TorchMemory(CpuDevice.Shared);
        using var parameters = new ModuleParameters(module, memory);
        parameters.Values.Flat.CopyFrom(network.Parameters.Flat.ToArray());
        foreach (var (name, buffer) in module.named_buffers())
        {
            if (network.Buffers.TryGetValue(name, out Tensor? values))
            {
                values.CopyTo(TorchMemory.Span<float>(buffer));
            }
        }

        return module;
    }

    /// <summary>A network that computes what a module computes, with a copy of its weights and statistics.</summary>
    /// <param name="module">A <c>Sequential</c> of modules that have a layer here; nested ones are laid out in line.</param>
    /// <param name="device">Where the network runs.</param>
    /// <exception cref="UnsupportedLayerException">A module has no layer here; the message names it.</exception>
    public static Network ToNetwork(Module module, Device device)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(device);
        var reader = new ModuleReader();
        var network = new Network(device, reader.Read(module));
        for (int i = 0; i < network.Parameters.Layout.Parameters.Count; i++)
        {
            network.Parameters[i].CopyFrom(reader.Values(network.Parameters.Layout.Parameters[i].Name));
        }

        foreach (var (name, buffer) in network.Buffers)
        {
            buffer.CopyFrom(reader.Values(name));
        }

        return network;
    }
}
