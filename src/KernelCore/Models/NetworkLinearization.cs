using KernelCore.Gradients;
using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>
/// Derivatives of a network by the R-operator (Pearlmutter 1994). A product runs the tangents of all steps forward and
/// backward; the tangent of a weight gradient, sum_t rg a^T + g ra^T, is then a sum over two captures of that weight,
/// (a, rg) and (ra, g). Without the second capture and the steps' own curvature it is a Gauss-Newton product.
/// </summary>
/// <remarks>
/// Float32 kernels, each with its fixed order of summation: the same bits for every number of threads. No allocation after the second
/// product at a point. Weights, activations and backprops are held there: products after the first find them packed.
/// </remarks>
internal sealed class NetworkLinearization : ILinearization
{
    private static readonly Action<Tensor> Hold = static tensor => tensor.Hold();

    private readonly Network _network;
    private readonly Batch _batch;
    private readonly Loss _loss;
    private readonly NetworkPass _pass;
    private readonly Tensor? _outputTangent;
    private readonly Tensor _cotangentTangent;
    private readonly CaptureSet _hessianCaptures, _gaussNewtonCaptures;
    private readonly Tensor[] _inputs, _backprops;
    private PerSampleScalar? _dots;
    private bool _isBackwardDone;

    public NetworkLinearization(Network network, Batch batch, Loss loss)
    {
        (_network, _batch, _loss) = (network, batch.Share(), loss);
        _pass = new NetworkPass(network, batch.InputShape, keepsGradients: true);
        Losses = network.Device.Allocate([batch.Count]);
        Run();
        _cotangentTangent = network.Device.Allocate(_pass.Outputs.Shape);
        _outputTangent = _pass.Steps.BindTangent(null);
        if (_outputTangent is not null)
        {
            _pass.Steps.PlanTangentBackward(new GradientSlot(_cotangentTangent, MayOverwrite: false));
        }

        LayerCapture[] captures = [.. _pass.Captures.Captures];
        _inputs = [.. _pass.Parameters, .. captures.Select(c => c.Activation).OfType<Tensor>()];
        _backprops = [.. captures.Select(c => c.Backprop)];
        Array.ForEach(_inputs, Hold);
        CaptureTangent[] tangents = _outputTangent is null ? [] : [.. _pass.Steps.CaptureTangents()];
        _gaussNewtonCaptures = new CaptureSet(captures.Zip(tangents, AlongBackprop));
        _hessianCaptures = new CaptureSet([.. _gaussNewtonCaptures.Captures, .. captures.Zip(tangents, AlongActivation).OfType<LayerCapture>()]);
    }

    public Tensor Losses { get; }

    public CaptureSet Captures
    {
        get
        {
            if (!_isBackwardDone)
            {
                _pass.Backward();
                Array.ForEach(_backprops, Hold);
                _isBackwardDone = true;
            }

            return _pass.Captures;
        }
    }

    public void Update()
    {
        Array.ForEach(_inputs, static tensor => tensor.Release());
        Array.ForEach(_backprops, static tensor => tensor.Release());
        Run();
        Array.ForEach(_inputs, Hold);
    }

    public void HessianProduct(ParameterVector direction, float beta, ParameterVector result, Tensor? perSample = null)
    {
        _ = Captures;
        Product(direction, curved: true, _hessianCaptures, beta, result, perSample);
    }

    public void GaussNewtonProduct(ParameterVector direction, float beta, ParameterVector result, Tensor? perSample = null) =>
        Product(direction, curved: false, _gaussNewtonCaptures, beta, result, perSample);

    public void Dispose()
    {
        // The pass frees its own tensors; views, which are not its own, hold something too.
        Array.ForEach(_inputs, static tensor => tensor.Dispose());
        Array.ForEach(_backprops, static tensor => tensor.Dispose());
        _pass.Dispose();
        _cotangentTangent.Dispose();
        _dots?.Dispose();
        Losses.Dispose();
    }

    private static LayerCapture AlongBackprop(LayerCapture capture, CaptureTangent tangent) =>
        capture with { Backprop = tangent.Backprop, Output = null };

    private void Run()
    {
        _pass.Run(_batch, ForwardMode.Evaluation);
        _loss.Evaluate(_pass.Outputs, _batch, 1, Losses, _pass.Cotangent);
        _isBackwardDone = false;
    }

    /// <summary>The part of a weight's gradient that moves with the activation; a bias has none.</summary>
    private static LayerCapture? AlongActivation(LayerCapture capture, CaptureTangent tangent) => tangent.Activation is null
        ? null
        : capture with { Activation = tangent.Activation, BiasIndex = -1, Output = null };

    private void Product(ParameterVector direction, bool curved, CaptureSet captures, float beta, ParameterVector result, Tensor? perSample)
    {
        ArgumentNullException.ThrowIfNull(direction);
        ArgumentNullException.ThrowIfNull(result);
        Require(direction, nameof(direction));
        Require(result, nameof(result));
        if (perSample is not null && perSample.Count != _batch.Count)
        {
            throw new ArgumentException($"the batch has {_batch.Count} samples, the result {perSample.Count}", nameof(perSample));
        }

        if (_outputTangent is not null)
        {
            _pass.Steps.TangentForward(direction);
            _loss.Curvature(_pass.Outputs, _batch, 1, _outputTangent, _cotangentTangent);
            _pass.Steps.TangentBackward(direction, curved);
        }

        captures.WeightedSum(null, beta, result);
        if (perSample is not null)
        {
            _dots ??= new PerSampleScalar(_network.Device, direction.Layout.Parameters.Count, _batch.Count);
            captures.Dots(direction, _dots, perSample);
        }
    }

    private void Require(ParameterVector vector, string name)
    {
        if (vector.Layout.Count != _network.Parameters.Layout.Count)
        {
            throw new ArgumentException($"the model has {_network.Parameters.Layout.Count} scalars, the vector {vector.Layout.Count}", name);
        }
    }
}
