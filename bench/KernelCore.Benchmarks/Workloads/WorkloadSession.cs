using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Benchmarks;

/// <summary>A workload with weights and data on a device, ready to run any quantity. Everything random comes from Philox with one seed.</summary>
public sealed class WorkloadSession : IDisposable
{
    /// <summary>Numbers per layer of <see cref="Quantity.Projection"/> on either side.</summary>
    public const int ProjectionSide = 64;

    private const ulong Seed = 1;
    private const ulong InputStream = 1000, LabelStream = 1001, DirectionStream = 1002;

    private readonly Dictionary<Quantity, PerSampleEngine> _engines = [];
    private readonly CurvatureProducts _curvature;
    private readonly Tensor _losses;

    /// <summary>Creates weights and a batch.</summary>
    public WorkloadSession(Workload workload, Device device)
    {
        Workload = workload;
        Network = new Network(device, workload.Layers, Seed);
        Batch = new Batch
        {
            Features = Normal(device, workload.Sample.Prepend(workload.Batch), InputStream),
            Labels = device.AllocateIndices(
                [workload.Batch], [.. Enumerable.Range(0, workload.Batch).Select(i => Philox.Integer(Seed, LabelStream, (ulong)i, Workload.Classes))]),
        };
        ParameterLayout layout = Network.Parameters.Layout;
        Direction = new ParameterVector(layout, Normal(device, [checked((int)layout.Count)], DirectionStream));
        _losses = device.Allocate([workload.Batch]);
        _curvature = new CurvatureProducts(Network, Batch, Direction);
    }

    /// <summary>What runs.</summary>
    public Workload Workload { get; }

    /// <summary>The model.</summary>
    public Network Network { get; }

    /// <summary>The samples.</summary>
    public Batch Batch { get; }

    /// <summary>v of <see cref="Quantity.Dot"/> and of the curvature's products.</summary>
    public ParameterVector Direction { get; }

    /// <summary>C of <see cref="Quantity.ClipSum"/>: the median norm, so that half of the samples are clipped.</summary>
    public double ClipNorm => field > 0 ? field : field = MedianNorm();

    /// <summary>Computes a quantity once.</summary>
    /// <returns>The results; null for passes that have none.</returns>
    public GradientResult? Run(Quantity quantity)
    {
        if (Quantities.Curvature.Contains(quantity))
        {
            _curvature.Run(quantity);
            return null;
        }

        IForwardPass pass = Network.Forward(Batch, ForwardMode.Evaluation);
        switch (quantity)
        {
            case Quantity.Forward:
                return null;
            case Quantity.Floor:
                Loss.CrossEntropy.Evaluate(pass.Outputs, Batch, 1, _losses, pass.Cotangent);
                pass.Backward();
                return null;
            default:
                return Engine(quantity).Evaluate(pass, Batch, Loss.CrossEntropy);
        }
    }

    /// <summary>A product of <see cref="Quantities.Curvature"/>, valid until the next.</summary>
    public Tensor Product(Quantity quantity) => _curvature.Run(quantity);

    /// <summary>Logits of the batch.</summary>
    public float[] Logits() => Network.Forward(Batch, ForwardMode.Evaluation).Outputs.ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PerSampleEngine engine in _engines.Values)
        {
            engine.Dispose();
        }

        _curvature.Dispose();
        _losses.Dispose();
        Direction.Dispose();
        Batch.Dispose();
        Network.Dispose();
    }

    private static Tensor Normal(Device device, Shape shape, ulong stream)
    {
        float[] values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Philox.Normal(Seed, stream, (ulong)i);
        }

        return device.Allocate(shape, values);
    }

    private PerSampleEngine Engine(Quantity quantity)
    {
        if (!_engines.TryGetValue(quantity, out PerSampleEngine? engine))
        {
            engine = new PerSampleEngine(Network, Query(quantity));
            _engines.Add(quantity, engine);
        }

        return engine;
    }

    private GradientQuery Query(Quantity quantity) => quantity switch
    {
        Quantity.ForwardBackward => new GradientQuery { Sum = true },
        Quantity.Norms => new GradientQuery { Norms = true },
        Quantity.NormsCosine => new GradientQuery { Norms = true, Cosines = true },
        Quantity.Dot => new GradientQuery { Direction = Direction },
        Quantity.ClipSum => new GradientQuery { ClipNorm = ClipNorm },
        Quantity.Gram => new GradientQuery { Gram = true },
        Quantity.SquaredSum => new GradientQuery { SquaredSum = true },
        Quantity.Projection => new GradientQuery { Projection = GradientProjection.Kronecker(ProjectionSide, ProjectionSide) },
        _ => throw new ArgumentOutOfRangeException(nameof(quantity), quantity, "no per-sample quantity"),
    };

    private double MedianNorm() => Math.Sqrt(Statistics.Median(Array.ConvertAll(Run(Quantity.Norms)!.SquaredNorms!.Total.ToArray(), x => (double)x)));
}
