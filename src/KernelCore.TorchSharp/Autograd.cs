using System.Runtime.InteropServices;
using KernelCore.Kernels;

namespace KernelCore.Torch;

/// <summary>Gradients of graphs that libtorch recorded.</summary>
/// <remarks>
/// TorchSharp's <c>autograd.grad</c> lets an error of libtorch end the process, and <c>backward</c> copies every gradient
/// into a <c>grad</c> field. The same function called from TorchScript does neither.
/// </remarks>
internal static class Autograd
{
    private const string Script = """
        def gradients(outputs: List[Tensor], cotangents: List[Tensor], leaves: List[Tensor], keep_graph: bool, differentiable: bool):
            weights: List[Optional[Tensor]] = []
            for cotangent in cotangents:
                weights.append(cotangent)
            return torch.autograd.grad(outputs, leaves, weights, keep_graph, differentiable, allow_unused=True)

        """;

    private static readonly Lazy<torch.jit.CompilationUnit> Unit = new(() => torch.jit.compile(Script));

    /// <summary>d(sum over k of outputs_k . cotangents_k) / d(leaves).</summary>
    /// <param name="outputs">Outputs; those without a graph are skipped.</param>
    /// <param name="cotangents">One of the same shape for each output.</param>
    /// <param name="leaves">Distinct tensors that require gradients.</param>
    /// <param name="keepGraph">Whether the graph is needed again.</param>
    /// <param name="differentiable">Whether the results are to be differentiated again; then the graph has to be kept.</param>
    /// <returns>One gradient per leaf that the caller owns; null where the outputs do not depend on the leaf.</returns>
    public static TorchTensor?[] Gradients(
        IReadOnlyList<TorchTensor> outputs, IReadOnlyList<TorchTensor> cotangents, IReadOnlyList<TorchTensor> leaves, bool keepGraph, bool differentiable = false)
    {
        (TorchTensor Output, TorchTensor Cotangent)[] connected = [.. outputs.Zip(cotangents).Where(pair => pair.First.requires_grad)];
        if (connected.Length == 0 || leaves.Count == 0)
        {
            return new TorchTensor?[leaves.Count];
        }

        try
        {
            object found = Unit.Value.invoke(
                "gradients", Array.ConvertAll(connected, pair => pair.Output), Array.ConvertAll(connected, pair => pair.Cotangent), leaves.ToArray(), keepGraph, differentiable);
            return [.. ((object?[])found).Select(gradient => ((TorchTensor?)gradient)?.DetachFromDisposeScope())];
        }
        catch (ExternalException error)
        {
            throw Failure(error);
        }
    }

    /// <summary>What libtorch said, in one line, without the trace of a script.</summary>
    public static KernelCoreException Failure(ExternalException error)
    {
        const string Reason = "RuntimeError: ";
        int start = error.Message.IndexOf(Reason, StringComparison.Ordinal);
        string message = start < 0 ? error.Message : error.Message[(start + Reason.Length)..];
        return new KernelCoreException($"libtorch: {message.Split('\n')[0].Trim()}", error);
    }
}
