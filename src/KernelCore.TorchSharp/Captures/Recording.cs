using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Torch;

/// <summary>Receives the uses of parameters while a module runs forward.</summary>
internal abstract class Recording(ForwardMode mode)
{
    /// <summary>How the module runs.</summary>
    public ForwardMode Mode => mode;

    /// <summary>Notes a use.</summary>
    /// <returns>What to hand on in place of the output.</returns>
    public abstract TorchTensor Add(CaptureUse use, TorchTensor output);
}

/// <summary>Looks at the shapes of all uses and leaves the pass as it is.</summary>
internal sealed class ShapeRecording() : Recording(ForwardMode.Evaluation)
{
    private readonly List<(CaptureUse Use, long[] Output)> _uses = [];

    /// <summary>The uses in forward order with the shapes of their outputs.</summary>
    public IReadOnlyList<(CaptureUse Use, long[] Output)> Uses => _uses;

    public override TorchTensor Add(CaptureUse use, TorchTensor output)
    {
        _uses.Add((use with { Input = null }, output.shape));
        return output;
    }
}

/// <summary>Taps the outputs of all uses, so that one backward pass gives every backprop.</summary>
/// <param name="mode">How the module runs.</param>
/// <param name="batch">Samples.</param>
/// <param name="axes">Where the samples are, use by use.</param>
internal sealed class TapRecording(ForwardMode mode, int batch, IReadOnlyList<(string Layer, BatchAxis Axis)> axes) : Recording(mode), IDisposable
{
    private readonly List<TappedUse> _uses = [];

    /// <summary>The zeros that were added: their gradients are the backprops.</summary>
    public IReadOnlyList<TorchTensor> Probes => [.. _uses.Select(use => use.Probe)];

    public override TorchTensor Add(CaptureUse use, TorchTensor output)
    {
        if (_uses.Count == axes.Count || axes[_uses.Count].Layer != use.Layer)
        {
            throw new UnsupportedLayerException(
                use.Layer, "is called in another order than when the model first saw samples of this shape; what a module calls must not depend on the data");
        }

        BatchAxis axis = axes[_uses.Count].Axis;
        TorchTensor all = axis.Kind == BatchAxisKind.None ? BatchAxis.Spread(output, batch) : output;
        using TorchTensor zero = torch.zeros(1, device: output.device);
        TorchTensor probe = zero.expand(all.shape).requires_grad_(true).DetachFromDisposeScope();
        _uses.Add(new TappedUse(
            use with { Input = use.Input?.detach().DetachFromDisposeScope() }, axis, probe,
            axis.IsFirst ? output.detach().DetachFromDisposeScope() : null));
        return all + probe;
    }

    /// <summary>The captures, once the backprops are there.</summary>
    /// <param name="memory">Passage to the device.</param>
    /// <param name="parameters">The weights.</param>
    /// <param name="backprops">Gradients of the probes; null where the output was of no consequence.</param>
    public IEnumerable<LayerCapture> Captures(TorchMemory memory, ParameterVector parameters, TorchTensor?[] backprops) =>
        _uses.Zip(backprops, (use, backprop) => use.ToCapture(memory, parameters, backprop, batch));

    public void Dispose() => _uses.ForEach(use => use.Dispose());

    /// <summary>A use with the tensors that its capture needs.</summary>
    private sealed record TappedUse(CaptureUse Use, BatchAxis Axis, TorchTensor Probe, TorchTensor? Output) : IDisposable
    {
        public LayerCapture ToCapture(TorchMemory memory, ParameterVector parameters, TorchTensor? backprop, int batch)
        {
            using var scope = torch.NewDisposeScope();
            TorchTensor gradient = backprop ?? Probe.detach();
            // The probe of a shared use has the samples in front already.
            BatchAxis ofProbe = Axis.Kind == BatchAxisKind.None ? new BatchAxis(BatchAxisKind.Axis) : Axis;
            return Use.ToCapture(new CaptureParts(
                memory, parameters, Use.Input is null ? null : Axis.SamplesFirst(Use.Input, batch), ofProbe.SamplesFirst(gradient, batch), Output));
        }

        public void Dispose()
        {
            Use.Input?.Dispose();
            Probe.Dispose();
            Output?.Dispose();
        }
    }
}
