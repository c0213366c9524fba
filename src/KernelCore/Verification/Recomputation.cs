using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Scoring;

namespace KernelCore.Verification;

/// <summary>Recomputed values of one expectation.</summary>
/// <param name="Values">As computed.</param>
/// <param name="Scale">
/// Size of what each value is a sum of, where that can be far above the value itself: an error below float32 rounding of
/// this size is no error of the method. Null where a value's own size says enough.
/// </param>
internal readonly record struct Recomputed(float[] Values, double[]? Scale = null)
{
    public static implicit operator Recomputed(float[] values) => new(values);
}

/// <summary>Everything this library computes for a reference case, by the names the expectations have.</summary>
internal sealed class Recomputation
{
    /// <summary>A dot product below this fraction of ||a|| ||b|| is compared on that scale instead of its own: float32 cannot hold its digits.</summary>
    private const double CancellationLimit = 0.01;

    private readonly ParameterLayout _layout;
    private readonly Dictionary<string, Recomputed> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<int, Recomputed>> _byParameter = new(StringComparer.Ordinal);

    public Recomputation(IModel model, Batch batch, IForwardPass pass, Tensor losses, GradientResult result, ParameterVector? direction)
    {
        _layout = model.Parameters.Layout;
        float batchSize = batch.Count;
        _values["logits"] = pass.Outputs.ToArray();
        _values["loss"] = losses.ToArray();
        _values["gram"] = result.Gram!.ToArray();
        _values["cos_w"] = result.Cosines!.Total.ToArray();
        _byParameter["grad"] = k => result.Gradients![k].ToArray();
        _byParameter["mean_grad"] = k => Scaled(result.Sum![k], 1 / batchSize);
        _byParameter["fisher_diag"] = k => Scaled(result.SquaredSum![k], 1 / batchSize);
        PerSampleScalar norms = result.SquaredNorms!;
        _values["norm2"] = norms.Total.ToArray();
        _byParameter["norm2"] = k => norms.Rows[k].ToArray();
        AddDots("dot_w", result.WeightDots!, norms, model.Parameters);
        if (result.DirectionDots is { } dots)
        {
            AddDots("dot_v", dots, norms, direction!);
        }

        if (result.ClippedSum is not null)
        {
            _values["clip.coef"] = result.ClipCoefficients!.ToArray();
            _byParameter["clip_sum"] = k => result.ClippedSum![k].ToArray();
        }

        if (pass.HeadInput is { } headInput && batch.Labels is { } labels)
        {
            AddHead(model, pass, headInput, labels, result);
        }
    }

    /// <summary>Adds what needs second derivatives.</summary>
    /// <param name="curvature">Second derivatives of the mean loss.</param>
    /// <param name="gradients">Every sample's gradient.</param>
    /// <param name="direction">Direction of the products; null for none.</param>
    /// <param name="damping">Of the influence; null for none.</param>
    public void AddCurvature(CurvatureRecomputation curvature, GradientResult gradients, ParameterVector? direction, double? damping)
    {
        if (direction is not null)
        {
            (float[][] hessian, float[] perSample, float[][] gaussNewton) = curvature.Products(direction);
            _byParameter["hvp"] = k => hessian[k];
            _byParameter["ggnvp"] = k => gaussNewton[k];
            _values["vHv"] = perSample;
        }

        if (damping is { } value)
        {
            _values["influence.damping"] = new Recomputed([(float)value]);
            _values["influence.ggn"] = curvature.Influence(gradients, value);
        }
    }

    /// <summary>The recomputed values of an expectation; null when this version does not compute it.</summary>
    /// <param name="name">Name without <c>expect.</c>.</param>
    /// <param name="quantity">The quantity it belongs to, for the report.</param>
    public Recomputed? Find(string name, out string quantity)
    {
        quantity = name;
        if (_values.TryGetValue(name, out Recomputed whole))
        {
            return whole;
        }

        for (int dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
        {
            int parameter = _layout.IndexOf(name[(dot + 1)..]);
            if (parameter >= 0)
            {
                quantity = $"{name[..dot]}.*";
                return _byParameter.TryGetValue(name[..dot], out Func<int, Recomputed>? compute) ? compute(parameter) : default(Recomputed?);
            }
        }

        return null;
    }

    private static float[] Scaled(Tensor tensor, float factor) => Array.ConvertAll(tensor.ToArray(), v => v * factor);

    /// <summary>Dots of every gradient with a vector; their scale is the product of the norms.</summary>
    private void AddDots(string name, PerSampleScalar dots, PerSampleScalar squaredNorms, ParameterVector vector)
    {
        IParameterKernels kernels = vector.Flat.Device.Kernels.Parameters;
        _values[name] = new Recomputed(dots.Total.ToArray(), Scale(squaredNorms.Total, vector.Flat));
        _byParameter[name] = k => new Recomputed(dots.Rows[k].ToArray(), Scale(squaredNorms.Rows[k], vector[k]));

        double[] Scale(Tensor squared, Tensor v)
        {
            double factor = CancellationLimit * Math.Sqrt(kernels.Dot(v, v));
            return Array.ConvertAll(squared.ToArray(), n => factor * Math.Sqrt(n));
        }
    }

    private void AddHead(IModel model, IForwardPass pass, Tensor headInput, IndexTensor labels, GradientResult result)
    {
        using var scorer = new HeadScorer(model);
        HeadScores scores = scorer.Compute(pass, labels);
        var gwa = new GwaAccumulator();
        gwa.Add(scores[HeadQuantity.Gwa]);
        GwaEpoch epoch = gwa.CloseEpoch();
        _values["head_input"] = headInput.ToArray();
        _values["el2n"] = scores[HeadQuantity.El2n].ToArray();
        _values["grand"] = Array.ConvertAll(result.SquaredNorms!.Total.ToArray(), float.Sqrt);
        _values["gwa.gamma"] = scores[HeadQuantity.Gwa].ToArray();

        // The mean is a sum of alignments of either sign, the excess kurtosis a difference from 3.
        double size = Math.Sqrt(epoch.Variance + (epoch.Mean * epoch.Mean));
        _values["gwa.mean"] = new Recomputed([(float)epoch.Mean], [size]);
        _values["gwa.excess_kurtosis"] = new Recomputed([(float)epoch.ExcessKurtosis], [epoch.ExcessKurtosis + 3]);
        _values["gwa.value"] = new Recomputed([(float)epoch.Value], [size * Math.Abs(epoch.Value / epoch.Mean)]);
    }
}
