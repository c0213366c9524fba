using KernelCore.Models;
using Functional = TorchSharp.torch.nn.functional;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch;

/// <summary>A module without parameters that stands for a layer TorchSharp has no module for.</summary>
internal sealed class FunctionModule(Layer layer, Func<TorchTensor, TorchTensor> function) : torch.nn.Module<TorchTensor, TorchTensor>(layer.GetType().Name)
{
    /// <summary>The layer it stands for.</summary>
    public Layer Layer => layer;

    public override TorchTensor forward(TorchTensor input) => function(input);
}

/// <summary>y = x + body(x).</summary>
internal sealed class ResidualModule : torch.nn.Module<TorchTensor, TorchTensor>
{
    private readonly Modules.Sequential body;

    public ResidualModule(Modules.Sequential body)
        : base(nameof(ResidualModule))
    {
        this.body = body;
        RegisterComponents();
    }

    public Modules.Sequential Body => body;

    public override TorchTensor forward(TorchTensor input)
    {
        using TorchTensor change = body.call(input);
        return input + change;
    }
}

/// <summary>Self-attention on [batch, tokens, width] from two linear modules.</summary>
internal sealed class SelfAttentionModule : torch.nn.Module<TorchTensor, TorchTensor>
{
    private readonly Modules.Linear in_proj, out_proj;

    public SelfAttentionModule(int width, int heads)
        : base(nameof(SelfAttentionModule))
    {
        Heads = heads;
        in_proj = torch.nn.Linear(width, 3 * width);
        out_proj = torch.nn.Linear(width, width);
        RegisterComponents();
    }

    public int Heads { get; }

    public int Width => (int)out_proj.weight.shape[0];

    public override TorchTensor forward(TorchTensor input)
    {
        using var scope = torch.NewDisposeScope();
        long batch = input.shape[0], tokens = input.shape[1], size = Width / Heads;
        TorchTensor[] qkv = [.. in_proj.call(input).chunk(3, -1).Select(part => part.view(batch, tokens, Heads, size).transpose(1, 2))];
        TorchTensor weights = Functional.softmax(torch.matmul(qkv[0] / Math.Sqrt(size), qkv[1].transpose(2, 3)), -1);
        TorchTensor mixed = torch.matmul(weights, qkv[2]).transpose(1, 2).reshape(batch, tokens, Width);
        return out_proj.call(mixed).MoveToOuterDisposeScope();
    }
}
