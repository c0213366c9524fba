using KernelCore.Kernels;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch;

/// <summary>How one kind of module uses its parameters: called after its forward pass.</summary>
/// <typeparam name="TModule">Kind of module.</typeparam>
/// <param name="module">The module.</param>
/// <param name="input">What it was called with.</param>
/// <param name="output">What it returned.</param>
/// <param name="tap">Notes the uses.</param>
/// <returns>What to hand on in place of the output: what the tap returned.</returns>
public delegate TorchTensor CaptureRule<in TModule>(TModule module, TorchTensor input, TorchTensor output, CaptureTap tap)
    where TModule : torch.nn.Module<TorchTensor, TorchTensor>;

/// <summary>The rules by kind of module. Immutable.</summary>
public sealed class CaptureRules
{
    private readonly Dictionary<Type, Func<torch.nn.Module, CaptureTap, Action>> _attach;

    private CaptureRules(Dictionary<Type, Func<torch.nn.Module, CaptureTap, Action>> attach) => _attach = attach;

    /// <summary>
    /// Rules for Linear, Conv1d to Conv3d, Embedding, LayerNorm, GroupNorm, InstanceNorm, BatchNorm, MultiheadAttention, the cells of RNN, LSTM
    /// and GRU, and <see cref="AddedParameter"/>.
    /// </summary>
    public static CaptureRules Default { get; } = new CaptureRules([])
        .With<Modules.Linear>(LayerRules.Linear)
        .With<Modules.Conv1d>(LayerRules.Convolution)
        .With<Modules.Conv2d>(LayerRules.Convolution)
        .With<Modules.Conv3d>(LayerRules.Convolution)
        .With<Modules.LayerNorm>(NormRules.LayerNorm)
        .With<Modules.GroupNorm>(NormRules.GroupNorm)
        .With<Modules.InstanceNorm>(NormRules.InstanceNorm)
        .With<Modules.BatchNorm>(NormRules.BatchNorm)
        .With<AddedParameter>((_, _, output, tap) => tap.Broadcast(output))
        .With(typeof(Modules.Embedding), EmbeddingRule.Attach)
        .With(typeof(Modules.MultiheadAttention), AttentionRule.Attach)
        .With(typeof(Modules.RNNCell), RecurrentRules.AttachRnn)
        .With(typeof(Modules.LSTMCell), RecurrentRules.AttachLstm)
        .With(typeof(Modules.GRUCell), RecurrentRules.AttachGru);

    /// <summary>These rules and one more, which goes before those of base classes and replaces one for the same kind.</summary>
    public CaptureRules With<TModule>(CaptureRule<TModule> rule)
        where TModule : torch.nn.Module<TorchTensor, TorchTensor>
    {
        ArgumentNullException.ThrowIfNull(rule);
        return With(typeof(TModule), (module, tap) =>
        {
            var typed = (TModule)module;
            var hook = typed.register_forward_hook((_, input, output) => tap.Recording is null ? output : rule(typed, input, output, tap));
            return hook.remove;
        });
    }

    /// <summary>Attaches the rule of a module's kind.</summary>
    /// <returns>What detaches it again; null when there is no rule.</returns>
    internal Action? Attach(torch.nn.Module module, CaptureTap tap)
    {
        for (Type? type = module.GetType(); type is not null; type = type.BaseType)
        {
            if (_attach.TryGetValue(type, out var attach))
            {
                return attach(module, tap);
            }
        }

        return null;
    }

    private CaptureRules With(Type type, Func<torch.nn.Module, CaptureTap, Action> attach) => new(new(_attach) { [type] = attach });
}
