using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Samples on a device, ready for a model: features or tokens, with labels or targets.</summary>
/// <remarks>Owns its tensors. Reusing one batch object for batch after batch keeps a model's buffers in place.</remarks>
public sealed class Batch : IDisposable
{
    /// <summary>Real-valued input, [batch, ...sample shape]; null for token models.</summary>
    public Tensor? Features { get; init; }

    /// <summary>Token ids, [batch, tokens]; null for real-valued input.</summary>
    public IndexTensor? Tokens { get; init; }

    /// <summary>Class labels, [batch].</summary>
    public IndexTensor? Labels { get; init; }

    /// <summary>Soft labels or regression targets, [batch, outputs].</summary>
    public Tensor? Targets { get; init; }

    /// <summary>Shape of the input, batch axis first.</summary>
    public Shape InputShape => Features?.Shape ?? Tokens?.Shape
        ?? throw new InvalidOperationException("a batch needs Features or Tokens");

    /// <summary>Number of samples.</summary>
    public int Count => InputShape[0];

    /// <summary>The same samples, now and later, with features under an object that can be held; only that one is the caller's to dispose.</summary>
    internal Batch Share() => new() { Features = Features?.Reshape(Features.Shape), Tokens = Tokens, Labels = Labels, Targets = Targets };

    /// <inheritdoc/>
    public void Dispose()
    {
        Features?.Dispose();
        Tokens?.Dispose();
        Labels?.Dispose();
        Targets?.Dispose();
    }
}
