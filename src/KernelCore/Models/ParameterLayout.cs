using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>One parameter of a model.</summary>
/// <param name="Name">PyTorch's name: <c>3.body.0.weight</c>.</param>
/// <param name="Shape">Extents.</param>
/// <param name="Offset">First element in the flat parameter vector.</param>
/// <param name="Trainable">False for frozen parameters: they get no gradient and take no part in per-sample quantities.</param>
public sealed record ParameterInfo(string Name, Shape Shape, long Offset, bool Trainable);

/// <summary>Names, shapes and order of a model's parameters: the coordinate system of every gradient and direction.</summary>
/// <remarks>The order is that of PyTorch's <c>named_parameters()</c>; shared parameters appear once, at their first use. Immutable.</remarks>
public sealed class ParameterLayout
{
    private readonly Dictionary<string, int> _indices;

    /// <summary>Lays parameters out one after the other.</summary>
    public ParameterLayout(IEnumerable<(string Name, Shape Shape, bool Trainable)> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var infos = new List<ParameterInfo>();
        long offset = 0;
        foreach (var (name, shape, trainable) in parameters)
        {
            infos.Add(new ParameterInfo(name, shape, offset, trainable));
            offset += shape.Count;
        }

        Parameters = infos;
        Count = offset;
        _indices = infos.Select((info, i) => (info.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
    }

    /// <summary>The parameters in order.</summary>
    public IReadOnlyList<ParameterInfo> Parameters { get; }

    /// <summary>Scalars in all parameters together, P.</summary>
    public long Count { get; }

    /// <summary>Position of a parameter by name.</summary>
    /// <returns>The index, or -1 when there is no such parameter.</returns>
    public int IndexOf(string name) => _indices.GetValueOrDefault(name, -1);
}
