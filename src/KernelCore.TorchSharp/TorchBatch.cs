using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Torch;

/// <summary>Batches from torch tensors.</summary>
public static class TorchBatch
{
    /// <summary>Makes a batch. On the CPU its features and targets are the tensors' own memory where they are contiguous; nothing is copied.</summary>
    /// <param name="input">[batch, ...], float32; or [batch, tokens], integers.</param>
    /// <param name="labels">Class labels, [batch], integers; null for none.</param>
    /// <param name="targets">Soft labels or regression targets, [batch, outputs], float32; null for none.</param>
    /// <param name="device">Device of the model; null for the CPU.</param>
    /// <returns>A batch that the caller disposes; the tensors stay theirs.</returns>
    /// <exception cref="KernelCoreException">The input is neither float32 nor of an integer type, or an axis is too long.</exception>
    public static Batch Create(TorchTensor input, TorchTensor? labels = null, TorchTensor? targets = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var memory = new TorchMemory(device ?? CpuDevice.Shared);
        bool tokens = input.is_integral();
        return new Batch
        {
            Features = tokens ? null : memory.Export(input),
            Tokens = tokens ? memory.ExportIndices(input, TorchMemory.ShapeOf(input)) : null,
            Labels = labels is null ? null : memory.ExportIndices(labels, TorchMemory.ShapeOf(labels)),
            Targets = targets is null ? null : memory.Export(targets),
        };
    }
}
