using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>
/// The built-in model: a list of layers with their weights, named as PyTorch names those of <c>nn.Sequential</c>.
/// </summary>
/// <remarks>
/// Buffers are planned per input shape and reused, so a pass of a shape seen before allocates nothing on the managed
/// heap. One pass at a time; not thread safe.
/// </remarks>
public sealed partial class Network : ICurvatureModel
{
    private const int MaxPlans = 4;

    private readonly Dictionary<string, Layer> _layers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ParameterReference> _references = new(StringComparer.Ordinal);
    private readonly List<NetworkPass> _plans = [];

    /// <summary>Creates a network with new weights.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="layers">The layers in order.</param>
    /// <param name="seed">Seed of the initial weights and of dropout.</param>
    /// <exception cref="KernelCoreException">A layer is inconsistent; the message names it.</exception>
    public Network(Device device, IReadOnlyList<Layer> layers, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(layers);
        if (layers.Count == 0)
        {
            throw new KernelCoreException("a network needs at least one layer");
        }

        Device = device;
        Layers = layers;
        Random = new RandomState(seed);

        var named = Named(layers).ToArray();
        var specs = new List<(string Name, ParameterSpec Spec, bool Trainable)>();
        var buffers = new List<(string Name, ParameterSpec Spec)>();
        foreach (var (name, layer, frozen) in named)
        {
            _layers.Add(name, layer);
            specs.AddRange(Checked(name, layer, l => l.Parameters).Select(p => ($"{name}.{p.Name}", p, !frozen)));
            buffers.AddRange(Checked(name, layer, l => l.Buffers).Select(p => ($"{name}.{p.Name}", p)));
        }

        Parameters = new ParameterVector(new ParameterLayout(specs.Select(s => (s.Name, s.Spec.Shape, s.Trainable))), device);
        for (int i = 0; i < specs.Count; i++)
        {
            var values = new float[specs[i].Spec.Shape.Count];
            specs[i].Spec.Initial(values, seed, (ulong)i);
            Parameters[i].CopyFrom(values);
            _references.Add(specs[i].Name, new ParameterReference(i, Parameters[i], specs[i].Trainable));
        }

        Buffers = buffers.ToDictionary(b => b.Name, b => CreateBuffer(b.Spec), StringComparer.Ordinal);
        try
        {
            Aliases = FindAliases(named);
            Head = FindHead();

            // Layers check themselves as they become steps: better now than at the first batch.
            new NetworkPass(this, default).Dispose();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Device Device { get; }

    /// <summary>The layers in order.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <inheritdoc/>
    public ParameterVector Parameters { get; }

    /// <summary>Running statistics and other state that is saved but not trained, by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Buffers { get; }

    /// <inheritdoc/>
    public Head? Head { get; }

    internal RandomState Random { get; }

    /// <summary>Names under which a shared parameter appears again in a PyTorch state dict, with its first name.</summary>
    internal IReadOnlyDictionary<string, string> Aliases { get; }

    /// <inheritdoc/>
    public IForwardPass Forward(Batch batch, ForwardMode mode)
    {
        ArgumentNullException.ThrowIfNull(batch);
        NetworkPass pass = Plan(batch);
        if (mode == ForwardMode.Training)
        {
            Random.TrainingPasses++;
        }

        pass.Run(batch, mode);
        return pass;
    }

    /// <inheritdoc/>
    public ILinearization Linearize(Batch batch, Loss loss)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(loss);
        return new NetworkLinearization(this, batch, loss);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _plans.ForEach(p => p.Dispose());
        _plans.Clear();
        Parameters.Dispose();
        foreach (Tensor buffer in Buffers.Values)
        {
            buffer.Dispose();
        }
    }

    /// <summary>The parameter behind a full name, following ties.</summary>
    internal ParameterReference Resolve(string name) => _references[Aliases.GetValueOrDefault(name, name)];

    /// <summary>A layer by name.</summary>
    internal Layer LayerAt(string name) => _layers[name];

    private static IEnumerable<(string Name, Layer Layer, bool Frozen)> Named(IReadOnlyList<Layer> layers) =>
        Walk(layers.Select((layer, i) => ($"{i}", layer)), prefix: "", frozen: false);

    private static IEnumerable<(string Name, Layer Layer, bool Frozen)> Walk(IEnumerable<(string Name, Layer Layer)> layers, string prefix, bool frozen) =>
        layers.SelectMany(l => Walk(l.Layer.Children, $"{prefix}{l.Name}.", frozen || l.Layer.Frozen)
            .Prepend((prefix + l.Name, l.Layer, frozen || l.Layer.Frozen)));

    private NetworkPass Plan(Batch batch)
    {
        Shape shape = batch.InputShape;
        int found = _plans.Count - 1;
        while (found >= 0 && _plans[found].InputShape != shape)
        {
            found--;
        }

        if (found < 0)
        {
            if (_plans.Count == MaxPlans)
            {
                _plans[0].Dispose();
                _plans.RemoveAt(0);
            }

            _plans.Add(new NetworkPass(this, shape));
            return _plans[^1];
        }

        NetworkPass pass = _plans[found];
        if (found != _plans.Count - 1)
        {
            _plans.RemoveAt(found);
            _plans.Add(pass);
        }

        return pass;
    }

    private Dictionary<string, string> FindAliases((string Name, Layer Layer, bool Frozen)[] named)
    {
        var aliases = new Dictionary<string, string>(StringComparer.Ordinal);
        var earlier = new Dictionary<string, Layer>(StringComparer.Ordinal);
        foreach (var (name, layer, _) in named)
        {
            if (layer.WeightSource is { } tied)
            {
                string target = aliases.GetValueOrDefault($"{tied}.weight", $"{tied}.weight");
                aliases[$"{name}.weight"] = earlier.ContainsKey(tied) && _references.ContainsKey(target)
                    ? target
                    : throw new KernelCoreException($"layer '{name}': there is no earlier layer '{tied}' with a weight to tie to");
            }
            else if (layer is Reuse reuse)
            {
                // A block that contained itself would never end.
                string prefix = $"{reuse.Layer}.";
                if (!earlier.TryGetValue(reuse.Layer, out Layer? used) || used is Reuse || name.StartsWith(prefix, StringComparison.Ordinal))
                {
                    throw new KernelCoreException($"layer '{name}': there is no earlier layer '{reuse.Layer}' to use again");
                }

                string[] shared = [.. _references.Keys.Concat(Buffers.Keys).Concat(aliases.Keys).Where(n => n.StartsWith(prefix, StringComparison.Ordinal))];
                foreach (string original in shared)
                {
                    aliases[$"{name}.{original[prefix.Length..]}"] = aliases.GetValueOrDefault(original, original);
                }
            }

            earlier.Add(name, layer);
        }

        return aliases;
    }

    /// <summary>Sizes come from files: negative and absurd ones are the layer's fault, not a defect.</summary>
    private static ParameterSpec[] Checked(string name, Layer layer, Func<Layer, IEnumerable<ParameterSpec>> select)
    {
        try
        {
            ParameterSpec[] specs = [.. select(layer)];
            return specs.All(s => s.Shape.Count <= Array.MaxLength) ? specs : throw new OverflowException();
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or OverflowException)
        {
            throw new KernelCoreException($"layer '{name}': negative or far too large sizes: {layer}", error);
        }
    }

    private Tensor CreateBuffer(ParameterSpec spec)
    {
        var values = new float[spec.Shape.Count];
        spec.Initial(values, 0, 0);
        return Device.Allocate(spec.Shape, values);
    }

    private Head? FindHead()
    {
        if (Layers[^1] is not Linear head)
        {
            return null;
        }

        string name = $"{Layers.Count - 1}";
        return new Head(Resolve($"{name}.weight").Index, head.Bias ? Resolve($"{name}.bias").Index : -1);
    }
}
