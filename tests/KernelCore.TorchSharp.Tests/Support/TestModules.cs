using Functional = TorchSharp.torch.nn.functional;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Modules = TorchSharp.Modules;
using Parameter = TorchSharp.Modules.Parameter;

namespace KernelCore.Torch.Tests;

/// <summary>Modules for tests.</summary>
internal static class TestModules
{
    /// <summary>A module whose parameters are normal with deviation 0.4, the same on every call.</summary>
    public static Func<Module> Seeded(Func<Module> build) => () =>
    {
        torch.manual_seed(7);
        Module module = build();
        using var noGradient = torch.no_grad();
        foreach (Parameter parameter in module.parameters())
        {
            parameter.normal_(0, 0.4);
        }

        return module;
    };

    /// <summary>Modules one after the other.</summary>
    public static Func<Module> Sequence(Func<Module[]> parts) => Seeded(() => torch.nn.Sequential(parts()));

    /// <summary>A module of one's own parts: registers them and runs a function.</summary>
    public static Func<Module> Of(Func<(string, torch.nn.Module)[]> parts, Func<Composite, TorchTensor, TorchTensor> forward) =>
        Seeded(() => new Composite(parts(), forward));

    /// <summary>A function as a module.</summary>
    public static Module Apply(Func<TorchTensor, TorchTensor> function) => new Composite([], (_, x) => function(x));
}

/// <summary>A module with named parts whose forward pass is a function of them.</summary>
internal sealed class Composite : torch.nn.Module<TorchTensor, TorchTensor>
{
    private readonly Dictionary<string, torch.nn.Module> _parts = [];
    private readonly Func<Composite, TorchTensor, TorchTensor> _forward;

    public Composite((string Name, torch.nn.Module Module)[] parts, Func<Composite, TorchTensor, TorchTensor> forward)
        : base(nameof(Composite))
    {
        _forward = forward;
        foreach (var (name, module) in parts)
        {
            register_module(name, module);
            _parts.Add(name, module);
        }
    }

    public Composite With(string name, Parameter parameter)
    {
        register_parameter(name, parameter);
        return this;
    }

    public T Part<T>(string name)
        where T : torch.nn.Module => (T)_parts[name];

    /// <summary>Calls a part.</summary>
    public TorchTensor Call(string name, TorchTensor input) => ((Module)_parts[name]).call(input);

    public override TorchTensor forward(TorchTensor input) => _forward(this, input);
}

/// <summary>ResNet-18's shape: a stem, four stages of two basic blocks, batch norm throughout, in-place rectifiers.</summary>
internal static class ResNet
{
    public static Module Create(int width, int classes)
    {
        var parts = new List<Module>
        {
            torch.nn.Conv2d(3, width, 3, padding: 1, bias: false), torch.nn.BatchNorm2d(width), torch.nn.ReLU(inplace: true),
        };
        int channels = width;
        for (int stage = 0; stage < 4; stage++)
        {
            int next = width << stage;
            parts.Add(new BasicBlock(channels, next, stage == 0 ? 1 : 2));
            parts.Add(new BasicBlock(next, next, 1));
            channels = next;
        }

        parts.AddRange([torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(channels, classes)]);
        return torch.nn.Sequential(parts);
    }

    private sealed class BasicBlock : torch.nn.Module<TorchTensor, TorchTensor>
    {
        private readonly Modules.Conv2d conv1, conv2;
        private readonly Modules.BatchNorm2d bn1, bn2;
        private readonly Module downsample;

        public BasicBlock(int from, int to, int stride)
            : base(nameof(BasicBlock))
        {
            conv1 = torch.nn.Conv2d(from, to, 3, stride, padding: 1, bias: false);
            bn1 = torch.nn.BatchNorm2d(to);
            conv2 = torch.nn.Conv2d(to, to, 3, padding: 1, bias: false);
            bn2 = torch.nn.BatchNorm2d(to);
            downsample = stride == 1 ? torch.nn.Identity() : torch.nn.Sequential(torch.nn.Conv2d(from, to, 1, stride, bias: false), torch.nn.BatchNorm2d(to));
            RegisterComponents();
        }

        public override TorchTensor forward(TorchTensor input)
        {
            using TorchTensor skip = downsample.call(input), inner = bn1.call(conv1.call(input)).relu_();
            TorchTensor sum = bn2.call(conv2.call(inner));
            sum.add_(skip);
            return sum.relu_();
        }
    }
}

/// <summary>A pre-norm transformer classifier on token ids, sequence first inside as TorchSharp's attention wants it.</summary>
internal sealed class Transformer : torch.nn.Module<TorchTensor, TorchTensor>
{
    private readonly Modules.Embedding tokens, positions;
    private readonly Modules.LayerNorm norm1, norm2, norm3;
    private readonly Modules.MultiheadAttention attention;
    private readonly Modules.Linear up, down, head;

    public Transformer(int vocabulary, int length, int width, int heads, int classes)
        : base(nameof(Transformer))
    {
        tokens = torch.nn.Embedding(vocabulary, width);
        positions = torch.nn.Embedding(length, width);
        (norm1, norm2, norm3) = (torch.nn.LayerNorm(width), torch.nn.LayerNorm(width), torch.nn.LayerNorm(width));
        attention = torch.nn.MultiheadAttention(width, heads);
        (up, down, head) = (torch.nn.Linear(width, 2 * width), torch.nn.Linear(2 * width, width), torch.nn.Linear(width, classes));
        RegisterComponents();
    }

    public override TorchTensor forward(TorchTensor input)
    {
        TorchTensor x = (tokens.call(input) + positions.call(torch.arange(input.shape[1]).unsqueeze(0))).transpose(0, 1);
        TorchTensor n = norm1.call(x);
        x = x + attention.call(n, n, n).Item1;
        x = x + down.call(Functional.gelu(up.call(norm2.call(x))));
        return head.call(norm3.call(x).mean([0]));
    }
}
