using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Torch;

/// <summary>Second derivatives of a module by double backward (Pearlmutter 1994), for every loss that has a curvature in its outputs.</summary>
/// <remarks>
/// With f the outputs, J their Jacobian, c = dloss/df and u(w) = J^T w, a gradient kept as a graph: J v is the gradient of
/// u . v in w; G v = J^T (d2loss/df2) J v. H v = d(u(c(f)) . v)/dtheta takes one backward pass, on whose way J v comes by c and goes on
/// to f as (d2loss/df2) J v. Float32.
/// </remarks>
internal sealed class TorchLinearization : ILinearization
{
    private readonly TorchModel _model;
    private readonly Batch _batch;
    private readonly Loss _loss;
    private TorchPass? _pass;
    private CaptureSet? _captures;
    private SecondDerivatives? _graph;

    public TorchLinearization(TorchModel model, Batch batch, Loss loss)
    {
        (_model, _batch, _loss) = (model, batch, loss);
        Losses = model.Device.Allocate([batch.Count]);
        Update();
    }

    /// <inheritdoc/>
    public Tensor Losses { get; }

    /// <inheritdoc/>
    public CaptureSet Captures
    {
        get
        {
            if (_captures is null)
            {
                _captures = _pass!.Backward();
                foreach (LayerCapture capture in _captures.Captures)
                {
                    capture.Activation?.Hold();
                    capture.Backprop.Hold();
                }
            }

            return _captures;
        }
    }

    /// <inheritdoc/>
    public void Update()
    {
        Clear();
        _pass = _model.Run(_batch, ForwardMode.Evaluation, keepsGraph: true);
        _loss.Evaluate(_pass.Outputs, _batch, 1, Losses, _pass.Cotangent);
    }

    /// <inheritdoc/>
    public void HessianProduct(ParameterVector direction, float beta, ParameterVector result, Tensor? perSample = null) =>
        Product(direction, curved: true, beta, result, perSample);

    /// <inheritdoc/>
    public void GaussNewtonProduct(ParameterVector direction, float beta, ParameterVector result, Tensor? perSample = null) =>
        Product(direction, curved: false, beta, result, perSample);

    public void Dispose()
    {
        Clear();
        Losses.Dispose();
    }

    private void Clear()
    {
        _pass?.Dispose();
        _graph?.Dispose();
        (_pass, _captures, _graph) = (null, null, null);
    }

    private void Product(ParameterVector direction, bool curved, float beta, ParameterVector result, Tensor? perSample)
    {
        Require(direction, nameof(direction));
        Require(result, nameof(result));
        if (perSample is not null && perSample.Count != _batch.Count)
        {
            throw new ArgumentException($"the batch has {_batch.Count} samples, the result {perSample.Count}", nameof(perSample));
        }

        using var scope = torch.NewDisposeScope();
        SecondDerivatives graph = _graph ??= Record();
        TorchTensor[] v = [.. graph.Indices.Select(k => _model.Memory.Import(direction[k], _model.Place))];
        Add(graph, curved ? graph.Hessian(v) : graph.GaussNewton(v), beta, result);
        if (perSample is not null)
        {
            using TorchTensor products = graph.Quadratic(), total = (curved ? products + graph.SecondTangent(v) : products).sum(1);
            using Tensor values = _model.Memory.Export(total);
            perSample.CopyFrom(values.ToArray());
        }

        Array.ForEach(v, part => part.Dispose());
    }

    private SecondDerivatives Record()
    {
        using TorchTensor cotangent = _model.Memory.Import(_pass!.Cotangent, _model.Place);
        return new SecondDerivatives(_model.ModuleParameters, _pass.Graph, cotangent, Curve);
    }

    /// <summary>(d2loss/df2) t for a tangent t of the outputs.</summary>
    private TorchTensor Curve(TorchTensor tangent)
    {
        using Tensor jv = _model.Memory.Export(tangent), r = _model.Device.Allocate(jv.Shape);
        _loss.Curvature(_pass!.Outputs, _batch, 1, jv, r);
        return _model.Memory.Import(r, _model.Place);
    }

    /// <summary>result = beta result + gradients; zero for parameters that are frozen or of no consequence.</summary>
    private void Add(SecondDerivatives graph, TorchTensor?[] gradients, float beta, ParameterVector result)
    {
        if (beta == 0)
        {
            result.Flat.Fill(0);
        }
        else
        {
            _model.Device.Kernels.Parameters.Scale(beta, result.Flat);
        }

        for (int i = 0; i < gradients.Length; i++)
        {
            if (gradients[i] is { } gradient)
            {
                using Tensor part = _model.Memory.Export(gradient);
                _model.Device.Kernels.Parameters.Axpy(1, part, result[graph.Indices[i]]);
                gradient.Dispose();
            }
        }
    }

    private void Require(ParameterVector vector, string name)
    {
        ArgumentNullException.ThrowIfNull(vector, name);
        if (vector.Layout.Count != _model.Parameters.Layout.Count)
        {
            throw new ArgumentException($"the model has {_model.Parameters.Layout.Count} scalars, the vector {vector.Layout.Count}", name);
        }
    }
}
