using KernelCore.Kernels;
using KernelCore.Models;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch;

/// <summary>Reads layers and their values off modules.</summary>
internal sealed class ModuleReader
{
    private readonly Dictionary<string, TorchTensor> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<torch.nn.Module, string> _names = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<nint, string> _weights = [];

    /// <summary>The layers of a module.</summary>
    public IReadOnlyList<Layer> Read(torch.nn.Module module) => ReadAll(module, "");

    /// <summary>Values of a parameter or buffer by the name it has in the network.</summary>
    public float[] Values(string name)
    {
        using TorchTensor detached = _values[name].detach(), near = detached.cpu(), host = near.contiguous();
        return TorchMemory.Span<float>(host).ToArray();
    }

    private List<Layer> ReadAll(torch.nn.Module module, string prefix)
    {
        var layers = new List<Layer>();
        foreach (var (torchName, part) in InLine(module, ""))
        {
            string name = $"{prefix}{layers.Count}";
            if (_names.TryGetValue(part, out string? first))
            {
                layers.Add(new Reuse(first));
                continue;
            }

            _names.Add(part, name);
            Layer layer = part is ResidualModule residual ? new Residual(ReadAll(residual.Body, $"{name}.body.")) : Describe(part, torchName, name);
            foreach (var (suffix, value) in part.named_parameters().Select(p => (p.name, (TorchTensor)p.parameter)).Concat(part.named_buffers()))
            {
                _values.TryAdd($"{name}.{suffix}", value);
            }

            bool frozen = part.parameters().Any() && !part.parameters().Any(p => p.requires_grad);
            layers.Add(frozen ? layer with { Frozen = true } : layer);
        }

        return layers;
    }

    /// <summary>The parts of nested sequences in order; what does nothing is left out.</summary>
    private static IEnumerable<(string Name, torch.nn.Module Module)> InLine(torch.nn.Module module, string name) => module switch
    {
        Modules.Sequential => module.named_children().SelectMany(child => InLine(child.module, name.Length == 0 ? child.name : $"{name}.{child.name}")),
        Modules.Identity => [],
        _ => [(name, module)],
    };

    private Layer Describe(torch.nn.Module module, string torchName, string name)
    {
        Layer? layer = module switch
        {
            Modules.Linear m => new Linear((int)m.in_features, (int)m.out_features, m.bias is not null, Tie(m, name)),
            Modules.Conv1d { padding_mode: PaddingModes.Zeros, padding: not null } m => new Conv1d(
                (int)m.in_channels, (int)m.out_channels, At(m.kernel_size), At(m.stride), At(m.padding), At(m.dilation), (int)m.groups, m.bias is not null),
            Modules.Conv2d { padding_mode: PaddingModes.Zeros } m => new Conv2d(
                (int)m.in_channels, (int)m.out_channels, Pair(m.kernel_size), Unless(1, m.stride), Padding(m), Unless(1, m.dilation), (int)m.groups, m.bias is not null),
            Modules.ReLU => new ReLU(),
            Modules.LeakyReLU m => new LeakyReLU((float)m.negative_slope),
            Modules.GELU => new GELU(),
            Modules.SiLU => new SiLU(),
            Modules.Tanh => new Tanh(),
            Modules.Sigmoid => new Sigmoid(),
            Modules.Softplus { beta: 1 } => new Softplus(),
            Modules.MaxPool2d { ceil_mode: false } m when m.dilation is null || m.dilation.All(d => d == 1) => new MaxPool2d(
                Pair(m.kernel_size), Unless(Pair(m.kernel_size), m.stride), Unless(0, m.padding)),
            Modules.AvgPool2d { ceil_mode: false, count_include_pad: true, divisor_override: null } m => new AvgPool2d(
                Pair(m.kernel_size), Unless(Pair(m.kernel_size), m.stride), Unless(0, m.padding)),
            Modules.Flatten { start_dim: 1, end_dim: -1 } => new Flatten(),
            Modules.LayerNorm { elementwise_affine: true, normalized_shape.Length: 1 } m => new LayerNorm((int)m.normalized_shape[0], (float)m.eps, m.bias is not null),
            Modules.GroupNorm { affine: true } m => new GroupNorm((int)m.num_groups, (int)m.weight.shape[0], (float)m.eps),
            Modules.BatchNorm2d { affine: true, track_running_stats: true } m => new BatchNorm2d((int)m.num_features, (float)m.eps, (float)(m.momentum ?? 0.1)),
            Modules.Dropout m => new Dropout((float)m.p),
            Modules.Embedding m => Table(m, name),
            AddedParameter { Weight.shape: [var tokens, var width] } => new PositionalEmbedding((int)tokens, (int)width),
            SelfAttentionModule m => new SelfAttention(m.Width, m.Heads),
            FunctionModule m => m.Layer,
            _ => null,
        };
        return layer ?? throw new UnsupportedLayerException(
            torchName, $"{module.GetType().Name} as it is set up has no layer in a network; keep the module and wrap it in a TorchModel");
    }

    private Embedding Table(Modules.Embedding module, string name)
    {
        using Modules.Parameter weight = module.weight!;
        _weights.TryAdd(Address(weight), name);
        int padding = EmbeddingRule.Traits(module).Padding;
        return new Embedding((int)weight.shape[0], (int)weight.shape[1], padding < 0 ? null : padding);
    }

    /// <summary>The earlier layer with the same weight; null for none.</summary>
    private string? Tie(Modules.Linear module, string name) => _weights.TryAdd(Address(module.weight), name) ? null : _weights[Address(module.weight)];

    private static unsafe nint Address(TorchTensor weight) => weight.device_type == DeviceType.CPU ? (nint)HostMemory.Of<byte>(weight) : weight.Handle;

    private static Padding2D? Padding(Modules.Conv2d module) => module.padding_type switch
    {
        global::TorchSharp.Padding.Same => Padding2D.KeepSize,
        null when Unless(0, module.padding) is { } padding => new Padding2D(padding.Height, padding.Width),
        _ => null,
    };

    /// <summary>Extents, or null where they are the default.</summary>
    private static Extent2D? Unless(Extent2D usual, long[]? values) => values is null || Pair(values) == usual ? null : Pair(values);

    private static Extent2D Pair(long[] values) => new(At(values), At(values, 1));

    private static int At(long[] values, int axis = 0) => (int)values[Math.Min(axis, values.Length - 1)];
}
