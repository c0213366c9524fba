using System.Runtime.CompilerServices;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;

namespace KernelCore.Curvature;

/// <summary>How the losses of samples become one number.</summary>
public enum Reduction
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,
}

/// <summary>
/// A loss over a batch or a data set as a function of the weights: what the curvature operators are derivatives of.
/// Operators that share an objective share its forward and backward passes.
/// </summary>
/// <remarks>
/// Evaluation mode. A single batch is linearised once and kept; a data set of several is linearised again, batch by batch,
/// by every product, in the order of its samples. Not thread safe.
/// </remarks>
public sealed class Objective : IDisposable
{
    private readonly ConditionalWeakTable<Tensor, ParameterVector> _views = [];
    private readonly ConditionalWeakTable<Tensor, ParameterVector>.CreateValueCallback _createView;
    private readonly BatchLoader? _loader;
    private readonly int[] _order = [];
    private readonly Dictionary<Batch, ILinearization> _points = new(ReferenceEqualityComparer.Instance);
    private readonly Loss _loss;
    private ILinearization? _current;
    private int _currentBatch = -1;

    /// <summary>The loss over one batch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="loss">Loss of each sample.</param>
    /// <param name="batch">Samples; they stay alive and unchanged as long as the objective is used.</param>
    /// <param name="reduction">Mean or sum over the samples.</param>
    public Objective(ICurvatureModel model, Loss loss, Batch batch, Reduction reduction = Reduction.Mean)
        : this(model, loss, (batch ?? throw new ArgumentNullException(nameof(batch))).Count, reduction)
    {
        _current = model.Linearize(batch, loss);
        _points.Add(batch, _current);
        (_currentBatch, BatchCount) = (0, 1);
    }

    /// <summary>The loss over a data set.</summary>
    /// <param name="model">The model.</param>
    /// <param name="loss">Loss of each sample.</param>
    /// <param name="data">All samples.</param>
    /// <param name="batchSize">Samples that go through the model together.</param>
    /// <param name="reduction">Mean or sum over the samples.</param>
    public Objective(ICurvatureModel model, Loss loss, Dataset data, int batchSize, Reduction reduction = Reduction.Mean)
        : this(model, loss, (data ?? throw new ArgumentNullException(nameof(data))).Count, reduction)
    {
        _loader = new BatchLoader(data, model.Device, batchSize);
        _order = [.. Enumerable.Range(0, data.Count)];
        BatchCount = _loader.BatchCount;
    }

    private Objective(ICurvatureModel model, Loss loss, int samples, Reduction reduction)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(loss);
        (Model, _loss, Samples, Reduction) = (model, loss, samples, reduction);
        _createView = flat => new ParameterVector(model.Parameters.Layout, flat);
    }

    /// <summary>The model.</summary>
    public ICurvatureModel Model { get; }

    /// <summary>Number of samples.</summary>
    public int Samples { get; }

    /// <summary>Mean or sum.</summary>
    public Reduction Reduction { get; }

    /// <summary>Scalars in all parameters, frozen ones included.</summary>
    public int Dimension => checked((int)Model.Parameters.Layout.Count);

    /// <summary>Passes that cover the samples.</summary>
    internal int BatchCount { get; }

    /// <summary>Notes that the model's weights have changed. Without this, derivatives stay at the old weights.</summary>
    public void Update()
    {
        if (_loader is null)
        {
            _current!.Update();
        }
        else
        {
            _currentBatch = -1;
        }
    }

    /// <summary>The gradient; zero for frozen parameters.</summary>
    /// <param name="result">[Dimension], overwritten.</param>
    public void Gradient(Tensor result)
    {
        ParameterVector gradient = View(result);
        for (int i = 0; i < BatchCount; i++)
        {
            Point(i).Captures.WeightedSum(null, i == 0 ? 0 : 1, gradient);
        }

        Rescale(result);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ILinearization point in _points.Values)
        {
            point.Dispose();
        }

        _points.Clear();
        _loader?.Dispose();
    }

    /// <summary>The model around its weights at a batch; valid until another batch is asked for.</summary>
    internal ILinearization Point(int number)
    {
        if (number == _currentBatch)
        {
            return _current!;
        }

        Batch batch = _loader!.Load(_loader.Slice(_order, number));
        if (_points.TryGetValue(batch, out _current))
        {
            _current.Update();
        }
        else
        {
            _points.Add(batch, _current = Model.Linearize(batch, _loss));
        }

        _currentBatch = number;
        return _current;
    }

    /// <summary>A flat vector parameter by parameter. Views are remembered, so that a solver's products allocate nothing.</summary>
    internal ParameterVector View(Tensor flat)
    {
        ArgumentNullException.ThrowIfNull(flat);
        return _views.GetValue(flat, _createView);
    }

    /// <summary>Turns a sum over the samples, or the coefficients of one, into what the reduction asks for.</summary>
    internal void Rescale(Tensor sum)
    {
        if (Reduction == Reduction.Mean)
        {
            Model.Device.Kernels.Parameters.Scale(1f / Samples, sum);
        }
    }
}
