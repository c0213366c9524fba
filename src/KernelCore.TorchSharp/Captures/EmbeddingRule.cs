using Embedding = TorchSharp.Modules.Embedding;

namespace KernelCore.Torch;

/// <summary>Rule of embeddings. TorchSharp keeps padding_idx and scale_grad_by_freq to itself: a trial gradient shows them.</summary>
internal static class EmbeddingRule
{
    private const string Frequency =
        "scale_grad_by_freq divides by how often a row occurs in the batch, which couples its samples; make the embedding without it";

    public static Action Attach(torch.nn.Module module, CaptureTap tap)
    {
        var embedding = (Embedding)module;
        (int Padding, bool ByFrequency)? traits = null;
        var hook = embedding.register_forward_hook((_, indices, output) =>
        {
            if (tap.Recording is null || !output.requires_grad)
            {
                return output;
            }

            var (padding, byFrequency) = traits ??= Traits(embedding);
            return tap.Lookup(indices, output, "weight", padding, byFrequency ? Frequency : null);
        });
        return hook.remove;
    }

    /// <summary>Looks up every row once and two rows twice: the gradient of the sum counts the lookups, padding excepted.</summary>
    public static (int Padding, bool ByFrequency) Traits(Embedding embedding)
    {
        using var scope = torch.NewDisposeScope();
        using var gradientMode = torch.enable_grad();
        TorchTensor weight = embedding.weight!;
        long rows = weight.shape[0];
        using TorchTensor before = weight.detach().clone();
        TorchTensor indices = torch.cat([torch.arange(rows, device: weight.device), torch.arange(Math.Min(2, rows), device: weight.device)]);
        TorchTensor output = embedding.forward(indices);
        TorchTensor? gradient = Autograd.Gradients([output], [torch.ones_like(output)], [weight], keepGraph: false)[0];
        Restore(weight, before);
        if (gradient is null)
        {
            return (-1, false);
        }

        using TorchTensor dense = gradient.is_sparse ? gradient.to_dense() : gradient.alias(), column = dense.select(1, 0).cpu().contiguous();
        gradient.Dispose();
        Span<float> counts = TorchMemory.Span<float>(column);
        return (counts.IndexOf(0f), counts[..(int)Math.Min(2, rows)].Contains(1f));
    }

    /// <summary>With max_norm the lookup itself has rewritten rows.</summary>
    private static void Restore(TorchTensor weight, TorchTensor before)
    {
        using var noGradient = torch.no_grad();
        if (!weight.Equals(before))
        {
            weight.copy_(before);
        }
    }
}
