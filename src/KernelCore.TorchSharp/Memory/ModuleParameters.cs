using KernelCore.Kernels;
using KernelCore.Models;
using Parameter = TorchSharp.Modules.Parameter;

namespace KernelCore.Torch;

/// <summary>
/// The parameters of a module as one parameter vector. On the host they are moved into one block of memory that both
/// sides see; elsewhere the vector is a copy.
/// </summary>
/// <remarks>
/// A parameter that appears under several names (tied weights, a shared module) is one parameter, under its first name in
/// the order of <c>named_parameters()</c>.
/// </remarks>
internal sealed class ModuleParameters : IDisposable
{
    private readonly torch.nn.Module _module;
    private readonly TorchMemory _memory;
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);
    private readonly bool _shared;
    private List<Parameter>[] _handles;

    public ModuleParameters(torch.nn.Module module, TorchMemory memory)
    {
        (_module, _memory) = (module, memory);
        var groups = Groups();
        foreach (var (name, parameter) in groups.Select(g => g[0]))
        {
            if (parameter.dtype != torch.ScalarType.Float32)
            {
                throw new KernelCoreException($"parameter '{name}' is {parameter.dtype}; KernelCore computes in float32: convert the module with module.to(ScalarType.Float32)");
            }
        }

        var layout = new ParameterLayout(groups.Select(g => (g[0].Name, TorchMemory.ShapeOf(g[0].Parameter), g[0].Parameter.requires_grad)));
        for (int i = 0; i < groups.Count; i++)
        {
            groups[i].ForEach(entry => _indices[entry.Name] = i);
        }

        _handles = Handles(groups);
        _shared = groups.TrueForAll(g => memory.Shares(g[0].Parameter)) && memory.Device.Kind == DeviceKind.Cpu;
        if (_shared)
        {
            TorchTensor block = CommonBlock(layout) ?? Move(layout);
            Values = new ParameterVector(layout, new Tensor(new TorchBuffer<float>(block, memory.Device), 0, [checked((int)layout.Count)], ownsBuffer: true));
            Owner = block;
        }
        else
        {
            Values = new ParameterVector(layout, memory.Device);
            Read();
        }
    }

    /// <summary>The weights; on the host the module's own memory.</summary>
    public ParameterVector Values { get; }

    /// <summary>The trainable parameters as torch tensors, by position in the layout.</summary>
    public IEnumerable<(int Index, Parameter Parameter)> Trainable =>
        Values.Layout.Parameters.Select((info, i) => (info, i)).Where(p => p.info.Trainable).Select(p => (p.i, _handles[p.i][0]));

    /// <summary>Further names of parameters that have several, with the first.</summary>
    public IReadOnlyDictionary<string, string> Aliases => _indices
        .Select(entry => (entry.Key, First: Values.Layout.Parameters[entry.Value].Name))
        .Where(entry => entry.Key != entry.First)
        .ToDictionary(entry => entry.Key, entry => entry.First, StringComparer.Ordinal);

    private TorchTensor? Owner { get; }

    /// <summary>Position of a parameter by any of its names; -1 for none.</summary>
    public int IndexOf(string name) => _indices.GetValueOrDefault(name, -1);

    /// <summary>Brings the vector up to date with the module before a pass.</summary>
    /// <exception cref="KernelCoreException">Parameters came, went, changed their shape, or were frozen or unfrozen.</exception>
    public void Refresh()
    {
        if (_shared && IsInPlace())
        {
            CheckTrainable();
            return;
        }

        var groups = Groups();
        IReadOnlyList<ParameterInfo> known = Values.Layout.Parameters;
        bool same = groups.Count == known.Count
            && groups.Zip(known).All(p => p.First[0].Name == p.Second.Name && TorchMemory.ShapeOf(p.First[0].Parameter) == p.Second.Shape);
        if (!same)
        {
            throw new KernelCoreException("the module's parameters are no longer those the model was made with; make a new TorchModel");
        }

        _handles = Handles(groups);
        CheckTrainable();
        if (!_shared)
        {
            Read();
        }
        else if (groups.TrueForAll(g => _memory.Shares(g[0].Parameter)))
        {
            Move(Values.Layout, Owner);
        }
        else
        {
            throw new KernelCoreException("the module was moved to another device; make a new TorchModel");
        }
    }

    /// <summary>Copies the vector into the module; on the host they are the same memory already.</summary>
    public void Write()
    {
        if (_shared)
        {
            return;
        }

        for (int i = 0; i < _handles.Length; i++)
        {
            _memory.Write(Values[i], _handles[i][0]);
        }
    }

    public void Dispose() => Values.Dispose();

    private void Read()
    {
        for (int i = 0; i < _handles.Length; i++)
        {
            Values[i].CopyFrom(_memory.Read(_handles[i][0]));
        }
    }

    private void CheckTrainable()
    {
        for (int i = 0; i < _handles.Length; i++)
        {
            ParameterInfo info = Values.Layout.Parameters[i];
            if (_handles[i][0].requires_grad != info.Trainable)
            {
                throw new KernelCoreException($"parameter '{info.Name}' was {(info.Trainable ? "frozen" : "unfrozen")} after the model was made; make a new TorchModel");
            }
        }
    }

    private unsafe bool IsInPlace()
    {
        long first = _handles.Length == 0 ? 0 : (long)HostMemory.Of<float>(Owner!);
        for (int i = 0; i < _handles.Length; i++)
        {
            Parameter parameter = _handles[i][0];
            if (parameter.IsInvalid || parameter.device_type != DeviceType.CPU || !parameter.is_contiguous()
                || (long)HostMemory.Of<float>(parameter) != first + (sizeof(float) * Values.Layout.Parameters[i].Offset))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The block that the parameters lie in one after the other, when another model has put them there; null otherwise.</summary>
    private unsafe TorchTensor? CommonBlock(ParameterLayout layout)
    {
        if (layout.Count == 0)
        {
            return null;
        }

        long first = Address(0);
        for (int i = 1; i < _handles.Length; i++)
        {
            if (first < 0 || Address(i) != first + (sizeof(float) * layout.Parameters[i].Offset))
            {
                return null;
            }
        }

        // Neighbours by chance are not in one storage.
        using TorchTensor detached = _handles[0][0].detach();
        long offset = detached.storage_offset();
        return (long)detached.storage<float>().nbytes() >= sizeof(float) * (offset + layout.Count)
            ? detached.as_strided([layout.Count], [1], offset).DetachFromDisposeScope()
            : null;

        long Address(int i) => _handles[i][0].is_contiguous() ? (long)HostMemory.Of<float>(_handles[i][0]) : -1;
    }

    /// <summary>Moves the parameters into one block.</summary>
    private TorchTensor Move(ParameterLayout layout, TorchTensor? block = null)
    {
        using var noGradient = torch.no_grad();
        block ??= torch.empty(layout.Count).DetachFromDisposeScope();
        for (int i = 0; i < _handles.Length; i++)
        {
            ParameterInfo info = layout.Parameters[i];
            using TorchTensor part = block.narrow(0, info.Offset, info.Shape.Count), place = part.view(TorchMemory.Extents(info.Shape));
            place.copy_(_handles[i][0]);
            foreach (Parameter handle in _handles[i])
            {
                handle.set_(place);
            }
        }

        return block;
    }

    private static List<Parameter>[] Handles(List<List<(string Name, Parameter Parameter)>> groups) =>
        [.. groups.Select(g => g.ConvertAll(entry => entry.Parameter))];

    /// <summary>All parameters by identity, in the order of their first appearance.</summary>
    private List<List<(string Name, Parameter Parameter)>> Groups()
    {
        var groups = new List<List<(string, Parameter)>>();
        var byIdentity = new Dictionary<(long, string), int>();
        foreach (var (name, parameter) in Walk(_module, ""))
        {
            var key = (Identity(parameter), string.Join(',', parameter.shape));
            if (byIdentity.TryGetValue(key, out int group))
            {
                groups[group].Add((name, parameter));
            }
            else
            {
                byIdentity.Add(key, groups.Count);
                groups.Add([(name, parameter)]);
            }
        }

        return groups;
    }

    /// <summary>Two handles of one parameter share its memory. Handles are all there is to go by on other devices, and without elements.</summary>
    private static unsafe long Identity(Parameter parameter)
    {
        if (parameter.device_type != DeviceType.CPU || parameter.NumberOfElements == 0 || parameter.dtype != torch.ScalarType.Float32)
        {
            return parameter.Handle;
        }

        using TorchTensor detached = parameter.detach();
        using TorchTensor first = detached.as_strided([1], [1], detached.storage_offset());
        return (long)HostMemory.Of<float>(first);
    }

    private static IEnumerable<(string Name, Parameter Parameter)> Walk(torch.nn.Module module, string prefix) =>
        module.named_parameters(recurse: false).Select(p => (prefix + p.name, p.parameter))
            .Concat(module.named_children().SelectMany(child => Walk(child.module, $"{prefix}{child.name}.")));
}
