using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Torch;

/// <summary>Second derivatives of a module by double backward (Pearlmutter 1994), for every loss that has a curvature in its outputs.</summary>
/// <remarks>
/// With f the outputs, J their Jacobian, c = dloss/df and u(w) = J^T w, a gradient kept as a graph: J v is the gradient of
/// u . v in w; G v = J^T (d2loss/df2) J v; and H v = G v + d(u(c) . v)/dtheta, both in one backward pass. Float32.
/// </remarks>
internal sealed class TorchLinearization : ILinearization
{
    private readonly TorchModel _model;
    private readonly Batch _batch;
    private readonly Loss _loss;
    private TorchPass? _pass;
    private CaptureSet? _captures;
    private Graph? _graph;

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
        _pass = _model.Run(_batch, ForwardMode.Evaluation);
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
        Graph graph = _graph ??= new Graph(_model, _batch, _pass!.Cotangent);
        TorchTensor[] v = [.. graph.Indices.Select(k => _model.Memory.Import(direction[k], _model.Place))];
        TorchTensor tangent = graph.Tangent(v);
        using Tensor jv = _model.Memory.Export(tangent), r = _model.Device.Allocate(jv.Shape);
        _loss.Curvature(_pass!.Outputs, _batch, 1, jv, r);
        TorchTensor rt = _model.Memory.Import(r, _model.Place);
        Add(graph, graph.Pullback(rt, curved ? v : null), beta, result);
        if (perSample is not null)
        {
            TorchTensor products = tangent * rt;
            TorchTensor total = (curved ? products + graph.SecondTangent(v) : products).sum(1);
            using Tensor values = _model.Memory.Export(total);
            perSample.CopyFrom(values.ToArray());
        }

        Array.ForEach(v, part => part.Dispose());
        rt.Dispose();
        tangent.Dispose();
    }

    /// <summary>result = beta result + gradients; zero for parameters that are frozen or of no consequence.</summary>
    private void Add(Graph graph, TorchTensor?[] gradients, float beta, ParameterVector result)
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

    /// <summary>Outputs f and u = J^T c as functions of the trainable parameters, and of c.</summary>
    private sealed class Graph : IDisposable
    {
        private readonly TorchTensor _outputs, _cotangent;
        private readonly TorchTensor[] _leaves;
        private readonly TorchTensor?[] _pulled;

        public Graph(TorchModel model, Batch batch, Tensor cotangent)
        {
            var trainable = model.ModuleParameters.Trainable.ToArray();
            Indices = [.. trainable.Select(p => p.Index)];
            _leaves = [.. trainable.Select(p => p.Parameter)];
            using TorchTensor input = model.Input(batch), values = model.Memory.Import(cotangent, model.Place);
            _outputs = model.Call(input, ForwardMode.Evaluation);
            _cotangent = values.clone().requires_grad_(true).DetachFromDisposeScope();
            _pulled = Autograd.Gradients([_outputs], [_cotangent], _leaves, keepGraph: true, differentiable: true);
        }

        /// <summary>Positions of the trainable parameters in the layout.</summary>
        public int[] Indices { get; }

        /// <summary>J v, [batch, outputs].</summary>
        public TorchTensor Tangent(TorchTensor[] v)
        {
            var (pulled, along) = Pairs(_pulled, v);
            return Autograd.Gradients(pulled, along, [_cotangent], keepGraph: true)[0] ?? torch.zeros_like(_cotangent);
        }

        /// <summary>J^T r, and with a direction + d(u . v)/dtheta.</summary>
        public TorchTensor?[] Pullback(TorchTensor r, TorchTensor[]? v)
        {
            var (pulled, along) = v is null ? ([], []) : Pairs(_pulled, v);
            return Autograd.Gradients([_outputs, .. pulled], [r, .. along], _leaves, keepGraph: true);
        }

        /// <summary>c o d2f[v, v], [batch, outputs]. As d(u(w) . v)/dtheta . v is linear in w, its gradient in w is d2f[v, v].</summary>
        public TorchTensor SecondTangent(TorchTensor[] v)
        {
            var (pulled, along) = Pairs(_pulled, v);
            TorchTensor?[] curved = Autograd.Gradients(pulled, along, _leaves, keepGraph: true, differentiable: true);
            var (connected, directions) = Pairs(curved, v);
            using TorchTensor? second = Autograd.Gradients(connected, directions, [_cotangent], keepGraph: true)[0];
            Array.ForEach(curved, gradient => gradient?.Dispose());
            return second is null ? torch.zeros_like(_cotangent) : second * _cotangent.detach();
        }

        public void Dispose()
        {
            _outputs.Dispose();
            _cotangent.Dispose();
            Array.ForEach(_pulled, gradient => gradient?.Dispose());
        }

        private static (TorchTensor[] Gradients, TorchTensor[] Along) Pairs(TorchTensor?[] gradients, TorchTensor[] v)
        {
            var pairs = gradients.Zip(v).Where(p => p.First is not null).ToArray();
            return ([.. pairs.Select(p => p.First!)], [.. pairs.Select(p => p.Second)]);
        }
    }
}
