using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>A parameter as a step uses it.</summary>
/// <param name="Index">Position in the layout.</param>
/// <param name="Tensor">Its values.</param>
/// <param name="Trainable">Whether it gets a gradient.</param>
internal sealed record ParameterReference(int Index, Tensor Tensor, bool Trainable)
{
    /// <summary>Position for captures, which leave frozen parameters out.</summary>
    public int CaptureIndex => Trainable ? Index : -1;
}

/// <summary>Seed of a network and the number of training passes it has made: together they address its random numbers.</summary>
internal sealed class RandomState(ulong seed)
{
    public ulong Seed { get; } = seed;

    public ulong TrainingPasses { get; set; }
}

/// <summary>What a layer needs to become a step: its name, its parameters and memory that lives as long as the plan.</summary>
internal sealed class StepContext(Network network, PlanMemory memory, string name)
{
    public string Name => name;

    public Device Device => network.Device;

    public RandomState Random => network.Random;

    /// <summary>Whether tangents will be taken, so that the backward pass must leave the gradients they need in place.</summary>
    public bool KeepsGradients => memory.KeepsGradients;

    public ParameterReference Parameter(string suffix) => memory.Share(network.Resolve($"{name}.{suffix}"));

    public Tensor Buffer(string suffix) => network.Buffers[$"{name}.{suffix}"];

    public StepContext Child(string relative) => new(network, memory, name.Length == 0 ? relative : $"{name}.{relative}");

    /// <summary>The step of a layer that stands elsewhere in the network, for a second use of it.</summary>
    public LayerStep StepOf(string layer) => network.LayerAt(layer).CreateStep(new StepContext(network, memory, layer));

    public Tensor Allocate(Shape shape) => memory.Keep(network.Device.Allocate(shape));

    public IndexTensor AllocateIndices(Shape shape) => memory.Keep(network.Device.AllocateIndices(shape));

    /// <summary>Numbers the random layers of a plan in forward order.</summary>
    public ulong NextStream() => memory.NextStream++;
}

/// <summary>The tensors of one plan, freed together.</summary>
/// <param name="keepsGradients">Whether no gradient may be overwritten that a tangent needs.</param>
internal sealed class PlanMemory(bool keepsGradients) : IDisposable
{
    private readonly List<IDisposable> _tensors = [];

    public bool KeepsGradients => keepsGradients;

    public ulong NextStream { get; set; } = 1;

    /// <summary>The parameters, where tangents will be taken: objects of this plan's own, which can be held.</summary>
    public List<Tensor> Parameters { get; } = [];

    public ParameterReference Share(ParameterReference parameter)
    {
        if (!KeepsGradients)
        {
            return parameter;
        }

        Parameters.Add(Keep(parameter.Tensor.Reshape(parameter.Tensor.Shape)));
        return parameter with { Tensor = Parameters[^1] };
    }

    public T Keep<T>(T tensor)
        where T : IDisposable
    {
        _tensors.Add(tensor);
        return tensor;
    }

    public void Dispose() => _tensors.ForEach(t => t.Dispose());
}
