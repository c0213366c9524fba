using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Influence;

/// <summary>A model at some moment of its training, with the learning rate of that moment.</summary>
public sealed class Checkpoint
{
    private readonly Func<IModel> _open;
    private readonly bool _owned;

    private Checkpoint(Func<IModel> open, double learningRate, bool owned)
    {
        if (!double.IsFinite(learningRate))
        {
            throw new ArgumentOutOfRangeException(nameof(learningRate), $"a finite learning rate is expected, got {learningRate}");
        }

        (_open, LearningRate, _owned) = (open, learningRate, owned);
    }

    /// <summary>Learning rate, the weight of the checkpoint in TracIn.</summary>
    public double LearningRate { get; }

    /// <summary>A model in memory, at its present weights. It stays the caller's.</summary>
    public static Checkpoint Of(IModel model, double learningRate = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new Checkpoint(() => model, learningRate, owned: false);
    }

    /// <summary>A model that is loaded when its turn comes, possibly several times, and disposed after it.</summary>
    public static Checkpoint Lazy(Func<IModel> load, double learningRate = 1)
    {
        ArgumentNullException.ThrowIfNull(load);
        return new Checkpoint(load, learningRate, owned: true);
    }

    /// <summary>A network in a file (<see cref="NetworkFile"/>), loaded when its turn comes.</summary>
    public static Checkpoint File(Device device, string path, double learningRate = 1, IReadOnlyList<Layer>? architecture = null) =>
        Lazy(() => NetworkFile.Load(device, path, architecture), learningRate);

    internal Lease Open() => new(_open(), _owned);

    /// <summary>An open checkpoint.</summary>
    internal readonly struct Lease(IModel model, bool owned) : IDisposable
    {
        public IModel Model => model;

        public void Dispose()
        {
            if (owned)
            {
                model.Dispose();
            }
        }
    }
}
