using KernelCore.Kernels;
using Functional = TorchSharp.torch.nn.functional;
using MultiheadAttention = TorchSharp.Modules.MultiheadAttention;

namespace KernelCore.Torch;

/// <summary>
/// Rule of multi-head attention. The module is native and shows nothing of its inside, so the attention is computed once
/// more here, projection by projection, and handed on in place of the module's own result.
/// </summary>
internal static class AttentionRule
{
    /// <summary>The largest difference that rounding makes between two ways of computing the same attention, relative to the largest output.</summary>
    private const double Tolerance = 1e-4;

    public static Action Attach(torch.nn.Module module, CaptureTap tap)
    {
        var attention = (MultiheadAttention)module;
        var parameters = attention.named_parameters().ToDictionary(p => p.name, p => (TorchTensor)p.parameter);
        int heads = 0;
        var hook = attention.register_forward_hook((_, query, key, value, paddingMask, wantsWeights, mask, output) =>
        {
            if (tap.Recording is null || !output.Item1.requires_grad)
            {
                return output;
            }

            if (!parameters.ContainsKey("in_proj_weight") || parameters.ContainsKey("bias_k"))
            {
                throw tap.Refuse("attention with kdim, vdim or add_bias_kv has no rule; build it from Linear modules");
            }

            if (!tap.IsEvaluation)
            {
                throw tap.Refuse("attention is recorded in evaluation mode only, as its dropout cannot be repeated; score in evaluation mode");
            }

            var call = new AttentionCall(query, key, value, paddingMask, mask, parameters);
            if (heads == 0)
            {
                heads = FindHeads(call, output.Item1, tap);
            }

            var (result, weights) = call.Compute(heads, tap);
            return Tuple.Create(result, wantsWeights ? weights : output.Item2);
        });
        return hook.remove;
    }

    /// <summary>TorchSharp does not tell the number of heads: it is the one that reproduces the module's output.</summary>
    private static int FindHeads(AttentionCall call, TorchTensor output, CaptureTap tap)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        double size = output.abs().max().ToDouble();
        for (int heads = 1; heads <= call.Width; heads++)
        {
            if (call.Width % heads == 0 && (call.Compute(heads, tap: null).Output - output).abs().max().ToDouble() <= Tolerance * size)
            {
                return heads;
            }
        }

        throw tap.Refuse("no number of heads reproduces its output; attention with add_zero_attn has no rule: build it from Linear modules");
    }
}

/// <summary>One call of an attention module, on [tokens, batch, width].</summary>
internal sealed record AttentionCall(
    TorchTensor Query, TorchTensor Key, TorchTensor Value, TorchTensor? PaddingMask, TorchTensor? Mask, IReadOnlyDictionary<string, TorchTensor> Parameters)
{
    /// <summary>Model width E.</summary>
    public int Width => (int)Parameters["in_proj_weight"].shape[1];

    /// <summary>softmax(Q K^T / sqrt(d) + masks) V by head, between the two projections.</summary>
    /// <param name="heads">Number of heads.</param>
    /// <param name="tap">Notes the uses of the projections; null only to compute.</param>
    /// <returns>The output and the weights, averaged over the heads.</returns>
    public (TorchTensor Output, TorchTensor Weights) Compute(int heads, CaptureTap? tap)
    {
        long targets = Query.shape[0], sources = Key.shape[0], batch = Query.shape[1], size = Width / heads;
        TorchTensor[] projected = Project(tap);
        TorchTensor q = Split(projected[0]), k = Split(projected[1]), v = Split(projected[2]);
        TorchTensor scores = torch.bmm(q / Math.Sqrt(size), k.transpose(1, 2));
        if (Mask is not null)
        {
            // libtorch adds the mask, whatever its type: a boolean one counts as 0 and 1.
            scores = scores + Mask;
        }

        if (PaddingMask is not null)
        {
            scores = scores.view(batch, heads, targets, sources).masked_fill(PaddingMask.view(batch, 1, 1, sources), double.NegativeInfinity)
                .view(batch * heads, targets, sources);
        }

        TorchTensor weights = Functional.softmax(scores, -1);
        TorchTensor mixed = torch.bmm(weights, v).transpose(0, 1).reshape(targets, batch, Width);
        TorchTensor output = Functional.linear(mixed, Parameters["out_proj.weight"], Parameters.GetValueOrDefault("out_proj.bias"));
        return (
            tap is null ? output : tap.Linear(mixed, output, "out_proj.weight", "out_proj.bias"),
            weights.view(batch, heads, targets, sources).mean([1]));

        TorchTensor Split(TorchTensor tensor) => tensor.reshape(tensor.shape[0], batch * heads, size).transpose(0, 1);
    }

    /// <summary>Query, key and value projections. Where they differ in what they are applied to, each is a part of a use of the whole weight.</summary>
    private TorchTensor[] Project(CaptureTap? tap)
    {
        if (Same(Query, Key) && Same(Query, Value))
        {
            return Whole(Query).chunk(3, -1);
        }

        return [Whole(Query).chunk(3, -1)[0], Whole(Key).chunk(3, -1)[1], Whole(Value).chunk(3, -1)[2]];

        TorchTensor Whole(TorchTensor input)
        {
            TorchTensor output = Functional.linear(input, Parameters["in_proj_weight"], Parameters.GetValueOrDefault("in_proj_bias"));
            return tap is null ? output : tap.Linear(input, output, "in_proj_weight", "in_proj_bias");
        }

        static bool Same(TorchTensor left, TorchTensor right) => ReferenceEquals(left, right) || left.Handle == right.Handle;
    }
}
