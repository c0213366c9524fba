using KernelCore.Kernels;
using KernelCore.Models;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Modules = TorchSharp.Modules;
using Parameter = TorchSharp.Modules.Parameter;

namespace KernelCore.Torch;

/// <summary>Makes modules from layers.</summary>
internal sealed class ModuleBuilder
{
    private readonly Dictionary<string, Module> _modules = new(StringComparer.Ordinal);

    /// <summary>A sequence of layers whose names start with a prefix.</summary>
    public Modules.Sequential Build(IReadOnlyList<Layer> layers, string prefix)
    {
        var parts = new List<(string, Module)>();
        for (int i = 0; i < layers.Count; i++)
        {
            string name = $"{prefix}{i}";
            Module module = Build(layers[i], name);
            _modules.TryAdd(name, module);
            foreach (Parameter parameter in layers[i].Frozen ? module.parameters() : [])
            {
                parameter.requires_grad = false;
            }

            parts.Add(($"{i}", module));
        }

        return torch.nn.Sequential(parts);
    }

    private Module Build(Layer layer, string name) => layer switch
    {
        Linear { Tie: { } source } l => torch.nn.Linear(WeightOf(source, name), l.Bias ? new Parameter(torch.zeros(l.Out)) : null),
        Linear l => torch.nn.Linear(l.In, l.Out, l.Bias),
        Conv1d l => torch.nn.Conv1d(l.In, l.Out, l.Kernel, l.Stride, l.Padding, l.Dilation, groups: l.Groups, bias: l.Bias),
        Conv2d { Padding.Same: true } l => torch.nn.Conv2d(
            l.In, l.Out, Pair(l.Kernel), Padding.Same, Pair(l.Stride ?? 1), Pair(l.Dilation ?? 1), groups: l.Groups, bias: l.Bias),
        Conv2d l => torch.nn.Conv2d(
            l.In, l.Out, Pair(l.Kernel), Pair(l.Stride ?? 1), (l.Padding?.Height ?? 0, l.Padding?.Width ?? 0), Pair(l.Dilation ?? 1), groups: l.Groups, bias: l.Bias),
        ReLU => torch.nn.ReLU(),
        LeakyReLU l => torch.nn.LeakyReLU(l.NegativeSlope),
        GELU { Approximate: "none" } => torch.nn.GELU(),
        GELU => new FunctionModule(layer, TanhGelu),
        SiLU => torch.nn.SiLU(),
        Tanh => torch.nn.Tanh(),
        Sigmoid => torch.nn.Sigmoid(),
        Softplus => torch.nn.Softplus(),
        MaxPool2d l => torch.nn.MaxPool2d(Pair(l.Kernel), Pair(l.Stride ?? l.Kernel), Pair(l.Padding ?? 0)),
        AvgPool2d l => torch.nn.AvgPool2d(Pair(l.Kernel), Pair(l.Stride ?? l.Kernel), Pair(l.Padding ?? 0)),
        GlobalAvgPool2d => new FunctionModule(layer, x => x.mean([2, 3])),
        MeanTokens => new FunctionModule(layer, x => x.mean([1])),
        Flatten => torch.nn.Flatten(),
        LayerNorm l => torch.nn.LayerNorm(l.Dim, l.Eps, bias: l.Bias),
        GroupNorm l => Reset(torch.nn.GroupNorm(l.Groups, l.Channels, l.Eps)),
        BatchNorm2d l => torch.nn.BatchNorm2d(l.Channels, l.Eps, l.Momentum),
        Dropout l => torch.nn.Dropout(l.P),
        Embedding l => torch.nn.Embedding(l.Vocab, l.Dim, l.PaddingIdx),
        PositionalEmbedding l => new AddedParameter(l.Tokens, l.Dim),
        SelfAttention l => new SelfAttentionModule(l.Dim, l.Heads),
        Residual l => new ResidualModule(Build(l.Body, $"{name}.body.")),
        Reuse l => Find(l.Layer, name),
        _ => throw new UnsupportedLayerException(name, $"{layer.GetType().Name} has no TorchSharp module"),
    };

    private Module Find(string layer, string user) => _modules.GetValueOrDefault(layer)
        ?? throw new KernelCoreException($"layer '{user}': there is no earlier layer '{layer}'");

    private Parameter WeightOf(string layer, string user) => Find(layer, user) switch
    {
        Modules.Linear linear => linear.weight,
        Modules.Embedding embedding => embedding.weight!,
        _ => throw new KernelCoreException($"layer '{user}': '{layer}' has no weight to tie to"),
    };

    private static (long, long) Pair(Extent2D extent) => (extent.Height, extent.Width);

    /// <summary>TorchSharp leaves the parameters of a new GroupNorm uninitialised.</summary>
    private static Modules.GroupNorm Reset(Modules.GroupNorm norm)
    {
        torch.nn.init.ones_(norm.weight);
        torch.nn.init.zeros_(norm.bias);
        return norm;
    }

    /// <summary>x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), which TorchSharp's GELU does not offer.</summary>
    private static TorchTensor TanhGelu(TorchTensor x)
    {
        using var scope = torch.NewDisposeScope();
        TorchTensor inner = Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x));
        return (0.5 * x * (1 + inner.tanh())).MoveToOuterDisposeScope();
    }
}
