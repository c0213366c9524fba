using System.Runtime.InteropServices;
using KernelCore.Kernels;

namespace KernelCore.Torch;

/// <summary>Gradients of graphs that libtorch recorded.</summary>
/// <remarks>
/// TorchSharp's <c>autograd.grad</c> lets an error of libtorch end the process; <c>backward</c> turns it into an exception.
/// So gradients are collected from the <c>grad</c> fields of the leaves, whose content is put back, and a gradient that is
/// to be differentiated again is only asked for after the same graph has been walked once without error.
/// </remarks>
internal static class Autograd
{
    /// <summary>d(sum over k of outputs_k . cotangents_k) / d(leaves).</summary>
    /// <param name="outputs">Outputs; those without a graph are skipped.</param>
    /// <param name="cotangents">One of the same shape for each output.</param>
    /// <param name="leaves">Distinct leaves that require gradients.</param>
    /// <param name="keepGraph">Whether the graph is needed again.</param>
    /// <returns>One gradient per leaf that the caller owns; null where the outputs do not depend on the leaf.</returns>
    public static TorchTensor?[] Gradients(
        IReadOnlyList<TorchTensor> outputs, IReadOnlyList<TorchTensor> cotangents, IReadOnlyList<TorchTensor> leaves, bool keepGraph)
    {
        (List<TorchTensor> connected, List<TorchTensor> weights) = Connected(outputs, cotangents);
        if (connected.Count == 0 || leaves.Count == 0)
        {
            return new TorchTensor?[leaves.Count];
        }

        TorchTensor?[] before = [.. leaves.Select(leaf => leaf.grad)];
        try
        {
            SetGradients(leaves, new TorchTensor?[leaves.Count]);
            torch.autograd.backward(connected, weights, keepGraph, create_graph: false, [.. leaves]);
            return [.. leaves.Select(leaf => leaf.grad?.DetachFromDisposeScope())];
        }
        catch (ExternalException error)
        {
            throw Failure(error);
        }
        finally
        {
            SetGradients(leaves, before);
            Array.ForEach(before, gradient => gradient?.Dispose());
        }
    }

    /// <summary>As <see cref="Gradients"/>, and the results can be differentiated again; the graph is kept.</summary>
    public static TorchTensor?[] DifferentiableGradients(
        IReadOnlyList<TorchTensor> outputs, IReadOnlyList<TorchTensor> cotangents, IReadOnlyList<TorchTensor> leaves)
    {
        TorchTensor?[] result = Gradients(outputs, cotangents, leaves, keepGraph: true);
        int[] reached = [.. Enumerable.Range(0, result.Length).Where(i => result[i] is not null)];
        Array.ForEach(result, gradient => gradient?.Dispose());
        if (reached.Length > 0)
        {
            (List<TorchTensor> connected, List<TorchTensor> weights) = Connected(outputs, cotangents);
            IList<TorchTensor> gradients = torch.autograd.grad(connected, [.. reached.Select(i => leaves[i])], weights, retain_graph: true, create_graph: true);
            for (int i = 0; i < reached.Length; i++)
            {
                result[reached[i]] = gradients[i].DetachFromDisposeScope();
            }
        }

        return result;
    }

    /// <summary>What libtorch said, in one line.</summary>
    public static KernelCoreException Failure(ExternalException error) => new($"libtorch: {error.Message.Split('\n')[0].Trim()}", error);

    private static (List<TorchTensor> Outputs, List<TorchTensor> Cotangents) Connected(
        IReadOnlyList<TorchTensor> outputs, IReadOnlyList<TorchTensor> cotangents)
    {
        var connected = outputs.Zip(cotangents).Where(pair => pair.First.requires_grad).ToList();
        return ([.. connected.Select(pair => pair.First)], [.. connected.Select(pair => pair.Second)]);
    }

    private static void SetGradients(IReadOnlyList<TorchTensor> leaves, TorchTensor?[] gradients)
    {
        for (int i = 0; i < leaves.Count; i++)
        {
            leaves[i].grad = gradients[i];
        }
    }
}
