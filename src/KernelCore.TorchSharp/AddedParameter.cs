using Parameter = TorchSharp.Modules.Parameter;

namespace KernelCore.Torch;

/// <summary>y = x + weight for every sample: a learned positional embedding as a module of its own, so that its gradient can be captured.</summary>
public sealed class AddedParameter : torch.nn.Module<TorchTensor, TorchTensor>
{
    private readonly Parameter weight;

    /// <summary>Creates the module; its weight is normal with deviation 0.02.</summary>
    /// <param name="shape">Extents of one sample.</param>
    public AddedParameter(params long[] shape)
        : base(nameof(AddedParameter))
    {
        weight = new Parameter(torch.randn(shape) * 0.02);
        RegisterComponents();
    }

    /// <summary>What is added, of the shape of one sample.</summary>
    public Parameter Weight => weight;

    /// <inheritdoc/>
    public override TorchTensor forward(TorchTensor input) => input + weight;
}
