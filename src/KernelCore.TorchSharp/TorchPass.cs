using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Torch;

/// <summary>A recorded forward pass of a module.</summary>
internal sealed class TorchPass : IForwardPass, IDisposable
{
    private readonly TorchModel _model;
    private readonly TapRecording _recording;
    private readonly bool _keepsGraph;
    private readonly List<LayerCapture> _captures = [];
    private Tensor? _cotangent;
    private bool _isBackwardDone;

    /// <summary>Takes a recording, the module's output and the head's input over.</summary>
    public TorchPass(TorchModel model, TapRecording recording, TorchTensor output, TorchTensor? headInput, bool keepsGraph)
    {
        (_model, _recording, Graph, _keepsGraph) = (model, recording, output, keepsGraph);
        Outputs = model.Memory.Export(output);
        using (headInput)
        {
            HeadInput = headInput is null ? null : model.Memory.Export(headInput);
        }
    }

    /// <summary>The outputs with the graph that leads to them, for as long as it is kept.</summary>
    public TorchTensor Graph { get; }

    /// <inheritdoc/>
    public Tensor Outputs { get; }

    /// <inheritdoc/>
    public Tensor? HeadInput { get; }

    /// <inheritdoc/>
    public Tensor Cotangent => _cotangent ??= _model.Device.Allocate(Outputs.Shape);

    /// <inheritdoc/>
    public CaptureSet Backward()
    {
        if (_isBackwardDone)
        {
            throw new InvalidOperationException("this pass has been run backward already; run the model forward again");
        }

        _isBackwardDone = true;
        using TorchTensor cotangent = _model.Memory.Import(Cotangent, Graph.device);
        TorchTensor?[] backprops = Autograd.Gradients([Graph], [cotangent], _recording.Probes, _keepsGraph);
        try
        {
            _captures.AddRange(_recording.Captures(_model.Memory, _model.Parameters, backprops));
        }
        finally
        {
            Array.ForEach(backprops, backprop => backprop?.Dispose());
        }

        return new CaptureSet(_captures, Outputs.Shape[0]);
    }

    public void Dispose()
    {
        foreach (LayerCapture capture in _captures)
        {
            capture.Activation?.Dispose();
            capture.Indices?.Dispose();
            capture.Backprop.Dispose();
            capture.Output?.Dispose();
        }

        _recording.Dispose();
        Graph.Dispose();
        Outputs.Dispose();
        HeadInput?.Dispose();
        _cotangent?.Dispose();
    }
}
