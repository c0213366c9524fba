using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>All uses of one parameter in one pass.</summary>
public sealed class ParameterUses
{
    internal ParameterUses(int parameter, ParameterRole role, LayerCapture[] uses)
    {
        Parameter = parameter;
        Role = role;
        Captures = uses;
    }

    /// <summary>Position of the parameter in the model's layout.</summary>
    public int Parameter { get; }

    /// <summary>Whether it is the weight or the bias of its captures.</summary>
    public ParameterRole Role { get; }

    /// <summary>The captures, in forward order.</summary>
    public ReadOnlySpan<LayerCapture> Uses => Captures;

    internal LayerCapture[] Captures { get; }

    /// <summary>The other parameter of the layer, where a weight and a bias are used once and by the same capture; null otherwise.</summary>
    internal ParameterUses? Partner { get; set; }
}

/// <summary>The captures of one backward pass, grouped by trainable parameter.</summary>
public sealed class CaptureSet
{
    /// <summary>Groups captures.</summary>
    /// <param name="captures">In forward order, all of the same batch.</param>
    /// <exception cref="KernelCoreException">A parameter is used as a weight and as a bias.</exception>
    public CaptureSet(IEnumerable<LayerCapture> captures)
        : this([.. captures], batch: null)
    {
    }

    /// <summary>Groups captures of a batch of known size, which a model without trainable layers has too.</summary>
    /// <param name="captures">In forward order, all of the same batch.</param>
    /// <param name="batch">Samples; null takes them from the captures.</param>
    /// <exception cref="KernelCoreException">A parameter is used as a weight and as a bias.</exception>
    public CaptureSet(IReadOnlyList<LayerCapture> captures, int? batch)
    {
        ArgumentNullException.ThrowIfNull(captures);
        Captures = captures;
        Batch = batch ?? (Captures.Count > 0 ? Captures[0].Batch : 0);
        var weights = Captures.Where(c => c.WeightIndex >= 0).Select(c => (Index: c.WeightIndex, Role: ParameterRole.Weight, c));
        var biases = Captures.Where(c => c.BiasIndex >= 0).Select(c => (Index: c.BiasIndex, Role: ParameterRole.Bias, c));
        Parameters = [.. weights.Concat(biases).GroupBy(u => u.Index).OrderBy(g => g.Key).Select(Group)];
        Pair();
    }

    /// <summary>Samples.</summary>
    public int Batch { get; }

    /// <summary>Every use of every parametric layer, in forward order.</summary>
    public IReadOnlyList<LayerCapture> Captures { get; }

    /// <summary>Trainable parameters that were used, by increasing position in the layout.</summary>
    public IReadOnlyList<ParameterUses> Parameters { get; }

    /// <summary>The captures of one sample alone: views, valid as long as these are.</summary>
    /// <param name="index">Its position in the batch.</param>
    internal CaptureSet Sample(int index) => new([.. Captures.Select(c => Samples(c, index, 1))]);

    /// <summary>The capture of some samples alone: views, valid as long as the capture is.</summary>
    internal static LayerCapture Samples(LayerCapture capture, int first, int count) => capture with
    {
        Batch = count,
        Activation = View(capture.Activation, capture.Batch, first, count),
        Indices = capture.Indices?.View((long)first * capture.Positions, [count, capture.Positions]),
        Backprop = View(capture.Backprop, capture.Batch, first, count)!,
        Output = View(capture.Output, capture.Batch, first, count),
    };

    private void Pair()
    {
        var alone = Parameters.Where(p => p.Captures.Length == 1).ToDictionary(p => p.Parameter);
        foreach (ParameterUses weight in alone.Values.Where(p => p.Role == ParameterRole.Weight))
        {
            if (alone.TryGetValue(weight.Captures[0].BiasIndex, out ParameterUses? bias) && ReferenceEquals(bias.Captures[0], weight.Captures[0]))
            {
                (weight.Partner, bias.Partner) = (bias, weight);
            }
        }
    }

    private static Tensor? View(Tensor? tensor, int batch, int first, int count)
    {
        int size = tensor is null ? 0 : (int)(tensor.Count / batch);
        return tensor?.View((long)first * size, [count, size]);
    }

    private static ParameterUses Group(IGrouping<int, (int Index, ParameterRole Role, LayerCapture Capture)> group)
    {
        var uses = group.ToArray();
        if (uses.Any(u => u.Role != uses[0].Role))
        {
            throw new UnsupportedLayerException(uses[0].Capture.Layer, "one of its parameters is used both as a weight and as a bias");
        }

        return new ParameterUses(group.Key, uses[0].Role, [.. uses.Select(u => u.Capture)]);
    }
}
