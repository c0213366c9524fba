using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>How a model runs.</summary>
public enum ForwardMode
{
    /// <summary>Dropout off, running batch-norm statistics: samples are independent of each other.</summary>
    Evaluation,

    /// <summary>Dropout on, batch statistics, which are also folded into the running ones.</summary>
    Training,
}

/// <summary>The final linear classification layer of a model.</summary>
/// <param name="WeightIndex">Position of its weight W, [classes, width], in the parameters.</param>
/// <param name="BiasIndex">Position of its bias; -1 for none.</param>
public sealed record Head(int WeightIndex, int BiasIndex);

/// <summary>Anything whose forward and backward pass leaves captures behind: the built-in network, a TorchSharp module.</summary>
public interface IModel : IDisposable
{
    /// <summary>Where it runs.</summary>
    Device Device { get; }

    /// <summary>The weights, in the order of <c>named_parameters()</c>.</summary>
    ParameterVector Parameters { get; }

    /// <summary>The final linear layer, or null when the model does not end in one.</summary>
    Head? Head { get; }

    /// <summary>Runs the model forward.</summary>
    /// <param name="batch">Input; it must stay alive and unchanged until the backward pass is done.</param>
    /// <param name="mode">Evaluation or training.</param>
    /// <returns>The pass, valid until the next call on this model.</returns>
    IForwardPass Forward(Batch batch, ForwardMode mode);
}

/// <summary>A forward pass that can be followed by one backward pass.</summary>
public interface IForwardPass
{
    /// <summary>Logits or regression outputs, [batch, outputs].</summary>
    Tensor Outputs { get; }

    /// <summary>Input of the head, z, [batch, width]; null without a head.</summary>
    Tensor? HeadInput { get; }

    /// <summary>dLoss/dOutputs, [batch, outputs]; written by the loss before <see cref="Backward"/>.</summary>
    Tensor Cotangent { get; }

    /// <summary>Propagates <see cref="Cotangent"/> back to every parametric layer. Computes no weight gradient.</summary>
    /// <returns>What each parametric layer saw; valid until the next forward pass.</returns>
    CaptureSet Backward();
}
