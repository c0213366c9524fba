using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Training;

/// <summary>Which optimiser, with its constants; PyTorch's update rules and defaults.</summary>
public abstract record OptimizerOptions
{
    /// <summary>Coefficient of the weights: an L2 penalty for SGD and Adam, decoupled decay for AdamW (arXiv 1711.05101).</summary>
    public float WeightDecay { get; init; }

    internal abstract Optimizer Create(ParameterVector weights);
}

/// <summary>Stochastic gradient descent.</summary>
public sealed record SgdOptions : OptimizerOptions
{
    /// <summary>Decay of the velocity; 0 for plain SGD.</summary>
    public float Momentum { get; init; }

    /// <summary>Look ahead along the velocity.</summary>
    public bool Nesterov { get; init; }

    internal override Optimizer Create(ParameterVector weights) => new SgdOptimizer(weights, this);
}

/// <summary>Adam (arXiv 1412.6980) or, decoupled, AdamW.</summary>
public sealed record AdamOptions : OptimizerOptions
{
    /// <summary>Decay of the first moment.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Decay of the second moment.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>Added to the root of the second moment.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>AdamW: weight decay acts on the weights, not on the gradient.</summary>
    public bool Decoupled { get; init; }

    internal override Optimizer Create(ParameterVector weights) => new AdamOptimizer(weights, this);
}

/// <summary>Moves the trainable weights along a gradient. Frozen parameters are not touched, not even by decay.</summary>
internal abstract class Optimizer : IDisposable
{
    private readonly List<ParameterVector> _state = [];
    private ParameterVector? _gradient;
    private Tensor[] _gradientViews = [];

    protected Optimizer(ParameterVector weights)
    {
        Weights = weights;
        Segments = TrainableSegments(weights.Layout);
        WeightViews = Slice(weights);
    }

    /// <summary>One step; the gradient is left unchanged.</summary>
    public abstract void Step(ParameterVector gradient, double learningRate);

    public void Dispose() => _state.ForEach(s => s.Dispose());

    protected ParameterVector Weights { get; }

    /// <summary>Maximal runs of trainable parameters, as (offset, count).</summary>
    protected (long Offset, int Count)[] Segments { get; }

    protected Tensor[] WeightViews { get; }

    protected IParameterKernels Kernels => Weights.Flat.Device.Kernels.Parameters;

    /// <summary>A gradient cut into the segments; kept for the next step with the same vector.</summary>
    protected Tensor[] GradientViews(ParameterVector gradient)
    {
        if (!ReferenceEquals(_gradient, gradient))
        {
            (_gradient, _gradientViews) = (gradient, Slice(gradient));
        }

        return _gradientViews;
    }

    private Tensor[] Slice(ParameterVector vector) => [.. Segments.Select(s => vector.Flat.View(s.Offset, [s.Count]))];

    /// <summary>A vector of optimiser state, cut into the segments.</summary>
    protected Tensor[] NewState()
    {
        var state = new ParameterVector(Weights.Layout, Weights.Flat.Device);
        _state.Add(state);
        return Slice(state);
    }

    private static (long Offset, int Count)[] TrainableSegments(ParameterLayout layout)
    {
        var segments = new List<(long Offset, int Count)>();
        foreach (ParameterInfo parameter in layout.Parameters.Where(p => p.Trainable))
        {
            if (segments.Count > 0 && segments[^1].Offset + segments[^1].Count == parameter.Offset)
            {
                segments[^1] = (segments[^1].Offset, segments[^1].Count + (int)parameter.Shape.Count);
            }
            else
            {
                segments.Add((parameter.Offset, (int)parameter.Shape.Count));
            }
        }

        return [.. segments];
    }
}

internal sealed class SgdOptimizer : Optimizer
{
    private readonly SgdOptions _options;
    private readonly Tensor[] _velocity;
    private bool _first = true;

    public SgdOptimizer(ParameterVector weights, SgdOptions options)
        : base(weights) => (_options, _velocity) = (options, NewState());

    public override void Step(ParameterVector gradient, double learningRate)
    {
        Tensor[] gradients = GradientViews(gradient);
        var step = new SgdStep((float)learningRate, _options.Momentum, _options.WeightDecay, _options.Nesterov, _first);
        for (int i = 0; i < Segments.Length; i++)
        {
            Kernels.Sgd(step, WeightViews[i], gradients[i], _velocity[i]);
        }

        _first = false;
    }
}

internal sealed class AdamOptimizer : Optimizer
{
    private readonly AdamOptions _options;
    private readonly Tensor[] _first, _second;
    private int _step;

    public AdamOptimizer(ParameterVector weights, AdamOptions options)
        : base(weights) => (_options, _first, _second) = (options, NewState(), NewState());

    public override void Step(ParameterVector gradient, double learningRate)
    {
        Tensor[] gradients = GradientViews(gradient);
        var step = new AdamStep(
            (float)learningRate, _options.Beta1, _options.Beta2, _options.Epsilon, _options.WeightDecay, _options.Decoupled, ++_step);
        for (int i = 0; i < Segments.Length; i++)
        {
            Kernels.Adam(step, WeightViews[i], gradients[i], _first[i], _second[i]);
        }
    }
}
