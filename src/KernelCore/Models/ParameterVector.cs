using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>A vector in parameter space: weights, a gradient, a direction. One flat tensor with a view per parameter.</summary>
/// <remarks>Owned by its creator, except where it views a tensor of someone else. Not thread safe for writing.</remarks>
public sealed class ParameterVector : IDisposable
{
    private readonly Tensor[] _views;

    /// <summary>Allocates a zero vector.</summary>
    /// <exception cref="KernelCoreException">There are more scalars than one tensor can hold.</exception>
    public ParameterVector(ParameterLayout layout, Device device)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(device);
        Layout = layout;
        Flat = layout.Count <= Array.MaxLength
            ? device.Allocate([(int)layout.Count])
            : throw new KernelCoreException($"{layout.Count} parameters are more than one tensor holds, {Array.MaxLength}");
        _views = [.. layout.Parameters.Select(p => Flat.View(p.Offset, p.Shape))];
    }

    /// <summary>Sees a flat vector parameter by parameter. The tensor stays its owner's.</summary>
    /// <param name="layout">Names, shapes and order.</param>
    /// <param name="flat">[P], in the order of the layout.</param>
    public ParameterVector(ParameterLayout layout, Tensor flat)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(flat);
        if (flat.Count != layout.Count)
        {
            throw new ArgumentException($"the model has {layout.Count} scalars, the vector {flat.Count}", nameof(flat));
        }

        Layout = layout;
        Flat = flat.Reshape([checked((int)layout.Count)]);
        _views = [.. layout.Parameters.Select(p => flat.View(p.Offset, p.Shape))];
    }

    /// <summary>Names, shapes and order.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>All scalars, [P], in the order of the layout.</summary>
    public Tensor Flat { get; }

    /// <summary>A parameter by position; a view on <see cref="Flat"/>.</summary>
    public Tensor this[int index] => _views[index];

    /// <summary>A parameter by name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such parameter.</exception>
    public Tensor this[string name] => Layout.IndexOf(name) is >= 0 and int i
        ? _views[i]
        : throw new KeyNotFoundException($"no parameter '{name}'; there are {string.Join(", ", Layout.Parameters.Select(p => p.Name))}");

    /// <inheritdoc/>
    public void Dispose() => Flat.Dispose();
}
