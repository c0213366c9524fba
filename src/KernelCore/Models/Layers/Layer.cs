using System.Text.Json.Serialization;
using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>
/// Description of one layer: immutable, serialisable, without weights. Defaults and parameter names are those of
/// the PyTorch module of the same name.
/// </summary>
/// <remarks>In JSON a layer is an object with its <c>kind</c> and its properties in snake case: <c>{"kind": "Linear", "in": 64, "out": 10}</c>.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(Linear), nameof(Linear))]
[JsonDerivedType(typeof(Conv1d), nameof(Conv1d))]
[JsonDerivedType(typeof(Conv2d), nameof(Conv2d))]
[JsonDerivedType(typeof(ReLU), nameof(ReLU))]
[JsonDerivedType(typeof(LeakyReLU), nameof(LeakyReLU))]
[JsonDerivedType(typeof(GELU), nameof(GELU))]
[JsonDerivedType(typeof(SiLU), nameof(SiLU))]
[JsonDerivedType(typeof(Tanh), nameof(Tanh))]
[JsonDerivedType(typeof(Sigmoid), nameof(Sigmoid))]
[JsonDerivedType(typeof(Softplus), nameof(Softplus))]
[JsonDerivedType(typeof(MaxPool2d), nameof(MaxPool2d))]
[JsonDerivedType(typeof(AvgPool2d), nameof(AvgPool2d))]
[JsonDerivedType(typeof(GlobalAvgPool2d), nameof(GlobalAvgPool2d))]
[JsonDerivedType(typeof(Flatten), nameof(Flatten))]
[JsonDerivedType(typeof(LayerNorm), nameof(LayerNorm))]
[JsonDerivedType(typeof(GroupNorm), nameof(GroupNorm))]
[JsonDerivedType(typeof(BatchNorm2d), nameof(BatchNorm2d))]
[JsonDerivedType(typeof(Dropout), nameof(Dropout))]
[JsonDerivedType(typeof(Embedding), nameof(Embedding))]
[JsonDerivedType(typeof(PositionalEmbedding), nameof(PositionalEmbedding))]
[JsonDerivedType(typeof(SelfAttention), nameof(SelfAttention))]
[JsonDerivedType(typeof(MeanTokens), nameof(MeanTokens))]
[JsonDerivedType(typeof(Residual), nameof(Residual))]
[JsonDerivedType(typeof(Reuse), nameof(Reuse))]
public abstract record Layer
{
    /// <summary>Frozen layers keep their weights: no gradient, no part in per-sample quantities.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Frozen { get; init; }

    /// <summary>Layers inside this one with their names relative to it.</summary>
    internal virtual IEnumerable<(string Name, Layer Layer)> Children => [];

    /// <summary>Parameters of this layer itself, in PyTorch's order.</summary>
    internal virtual IEnumerable<ParameterSpec> Parameters => [];

    /// <summary>State that is saved with the weights but not trained: running statistics.</summary>
    internal virtual IEnumerable<ParameterSpec> Buffers => [];

    /// <summary>Name of an earlier layer whose weight this layer uses as its own; null for none.</summary>
    internal virtual string? WeightSource => null;

    /// <summary>Creates the executable form of this layer for one batch shape.</summary>
    internal abstract LayerStep CreateStep(StepContext context);
}

/// <summary>A parameter that a layer owns.</summary>
/// <param name="Name">Name relative to the layer: <c>weight</c>.</param>
/// <param name="Shape">Extents.</param>
/// <param name="Initial">Distribution of the initial values, PyTorch's default for the module.</param>
internal sealed record ParameterSpec(string Name, Shape Shape, Initializer Initial);

/// <summary>Fills a new parameter; number i comes from element i of the Philox stream.</summary>
internal delegate void Initializer(Span<float> values, ulong seed, ulong stream);

/// <summary>The distributions that PyTorch's modules start from.</summary>
internal static class Initializers
{
    public static Initializer Constant(float value) => (values, _, _) => values.Fill(value);

    public static Initializer Uniform(double bound) => (values, seed, stream) =>
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(bound * ((2.0 * Philox.Uniform(seed, stream, (ulong)i)) - 1));
        }
    };

    /// <summary>kaiming_uniform with a = sqrt(5): uniform within 1/sqrt(fan in), for weights and biases alike.</summary>
    public static Initializer FanIn(int fanIn) => Uniform(1 / Math.Sqrt(Math.Max(1, fanIn)));

    /// <summary>xavier_uniform: uniform within sqrt(6 / (fan in + fan out)).</summary>
    public static Initializer Xavier(int fanIn, int fanOut) => Uniform(Math.Sqrt(6.0 / (fanIn + fanOut)));

    /// <summary>Normal with a standard deviation; row <paramref name="zeroRow"/> of the given width is zero.</summary>
    public static Initializer Normal(float deviation, int zeroRow = -1, int width = 0) => (values, seed, stream) =>
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = deviation * Philox.Normal(seed, stream, (ulong)i);
        }

        if (zeroRow >= 0)
        {
            values.Slice(zeroRow * width, width).Clear();
        }
    };
}
