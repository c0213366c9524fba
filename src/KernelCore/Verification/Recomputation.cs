using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Scoring;

namespace KernelCore.Verification;

/// <summary>Everything this library computes for a reference case, by the names the expectations have.</summary>
internal sealed class Recomputation
{
    private readonly ParameterLayout _layout;
    private readonly Dictionary<string, float[]> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<int, float[]>> _byParameter = new(StringComparer.Ordinal);

    public Recomputation(Network network, Batch batch, IForwardPass pass, Tensor losses, GradientResult result, double? clip)
    {
        _layout = network.Parameters.Layout;
        float batchSize = batch.Count;
        _values["logits"] = pass.Outputs.ToArray();
        _values["loss"] = losses.ToArray();
        _values["gram"] = result.Gram!.ToArray();
        _values["cos_w"] = result.Cosines!.Total.ToArray();
        _byParameter["grad"] = k => result.Gradients![k].ToArray();
        _byParameter["mean_grad"] = k => Scaled(result.Sum![k], 1 / batchSize);
        _byParameter["fisher_diag"] = k => Scaled(result.SquaredSum![k], 1 / batchSize);
        Add("norm2", result.SquaredNorms!);
        Add("dot_w", result.WeightDots!);
        if (result.DirectionDots is { } dots)
        {
            Add("dot_v", dots);
        }

        if (clip is { } norm)
        {
            _values["clip.C"] = [(float)norm];
            _values["clip.coef"] = result.ClipCoefficients!.ToArray();
            _byParameter["clip_sum"] = k => result.ClippedSum![k].ToArray();
        }

        if (pass.HeadInput is { } headInput && batch.Labels is { } labels)
        {
            AddHead(network, pass, headInput, labels, result);
        }
    }

    /// <summary>The recomputed values of an expectation; null when this version does not compute it.</summary>
    /// <param name="name">Name without <c>expect.</c>.</param>
    /// <param name="quantity">The quantity it belongs to, for the report.</param>
    public float[]? Find(string name, out string quantity)
    {
        quantity = name;
        if (_values.TryGetValue(name, out float[]? whole))
        {
            return whole;
        }

        for (int dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
        {
            int parameter = _layout.IndexOf(name[(dot + 1)..]);
            if (parameter >= 0)
            {
                quantity = $"{name[..dot]}.*";
                return _byParameter.GetValueOrDefault(name[..dot])?.Invoke(parameter);
            }
        }

        return null;
    }

    private static float[] Scaled(Tensor tensor, float factor) => Array.ConvertAll(tensor.ToArray(), v => v * factor);

    private void Add(string name, PerSampleScalar scalar)
    {
        _values[name] = scalar.Total.ToArray();
        _byParameter[name] = k => scalar.Rows[k].ToArray();
    }

    private void AddHead(Network network, IForwardPass pass, Tensor headInput, IndexTensor labels, GradientResult result)
    {
        using var scorer = new HeadScorer(network);
        HeadScores scores = scorer.Compute(pass, labels);
        var gwa = new GwaAccumulator();
        gwa.Add(scores[HeadQuantity.Gwa]);
        GwaEpoch epoch = gwa.CloseEpoch();
        _values["head_input"] = headInput.ToArray();
        _values["el2n"] = scores[HeadQuantity.El2n].ToArray();
        _values["grand"] = Array.ConvertAll(result.SquaredNorms!.Total.ToArray(), float.Sqrt);
        _values["gwa.gamma"] = scores[HeadQuantity.Gwa].ToArray();
        _values["gwa.mean"] = [(float)epoch.Mean];
        _values["gwa.excess_kurtosis"] = [(float)epoch.ExcessKurtosis];
        _values["gwa.value"] = [(float)epoch.Value];
    }
}
