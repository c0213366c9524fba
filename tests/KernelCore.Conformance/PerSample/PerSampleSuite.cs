using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary>Base of the suites of <see cref="IPerSampleKernels"/>: every case, every role, batches of 0, 1 and more.</summary>
public abstract class PerSampleSuite : ConformanceSuite
{
    private const ulong DirectionStream = 901;

    /// <summary>Case, role, batch.</summary>
    public static TheoryData<string, ParameterRole, int> Parameters
    {
        get
        {
            var data = new TheoryData<string, ParameterRole, int>();
            foreach (string name in CaptureCases.Names)
            {
                foreach (ParameterRole role in CaptureCases.Roles(name))
                {
                    foreach (int batch in (int[])[0, 1, 5])
                    {
                        data.Add(name, role, batch);
                    }
                }
            }

            return data;
        }
    }

    /// <summary>Cases of one use and of the kinds that have a weight and a bias, and batches.</summary>
    public static TheoryData<string, int> Layers
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string name in CaptureCases.Names.Where(name =>
                CaptureCases.Specs(name) is [{ Kind: CaptureKind.Linear or CaptureKind.Convolution or CaptureKind.ScaleShift }]))
            {
                data.Add(name, 0);
                data.Add(name, 1);
                data.Add(name, 5);
            }

            return data;
        }
    }

    /// <summary>The kernels under test.</summary>
    protected IPerSampleKernels Kernels => Device.Kernels.PerSample;

    /// <summary>A tensor whose old content must not shine through: NaN everywhere.</summary>
    protected Tensor Garbage(params ReadOnlySpan<int> extents)
    {
        Tensor tensor = Device.Allocate(Shape.Of(extents));
        tensor.Fill(float.NaN);
        return tensor;
    }

    /// <summary>A random tensor of the parameter's size.</summary>
    protected Tensor Direction(CaptureMath math) => Normal(DirectionStream, math.Count);

    /// <summary>Float values as doubles.</summary>
    protected static double[] Doubles(Tensor tensor) => [.. tensor.ToArray().Select(value => (double)value)];

    /// <summary>The ways to the norm that the uses of a weight admit.</summary>
    protected static IEnumerable<NormFormula> Formulas(LayerCapture[] uses)
    {
        yield return NormFormula.Direct;
        if (uses is [{ Kind: CaptureKind.Linear or CaptureKind.Convolution or CaptureKind.Lookup }])
        {
            yield return NormFormula.Gram;
        }

        if (uses is [{ Kind: CaptureKind.Linear, Positions: 1 }])
        {
            yield return NormFormula.RankOne;
        }
    }

    /// <summary>Puts a NaN into the activations and backprops of one sample.</summary>
    protected static void Poison(LayerCapture[] uses, int sample)
    {
        foreach (LayerCapture use in uses)
        {
            Poison(use.Backprop, use.Batch, sample);
            if (use.Activation is not null)
            {
                Poison(use.Activation, use.Batch, sample);
            }
        }
    }

    /// <summary>Adds g (z - b) of every position and channel, and the same of absolute values.</summary>
    protected static void AddProducts(LayerCapture use, float[]? bias, double[] sums, double[] absolute)
    {
        float[] g = use.Backprop.ToArray(), z = use.Output!.ToArray();
        int[]? indices = use.Indices?.ToArray();
        for (int k = 0; k < g.Length; k++)
        {
            int inSample = k % use.Layout.Count, channel = inSample / use.Layout.Inner % use.Layout.Channels, sample = k / use.Layout.Count;
            if (indices is not null && indices[k / use.Layout.Channels] == use.PaddingIndex)
            {
                continue;
            }

            double b = bias?[channel] ?? 0;
            sums[sample] += g[k] * (z[k] - b);
            absolute[sample] += Math.Abs(g[k]) * (Math.Abs(z[k]) + Math.Abs(b));
        }
    }

    private static void Poison(Tensor tensor, int batch, int sample)
    {
        float[] values = tensor.ToArray();
        values[(sample * (values.Length / batch)) + 1] = float.NaN;
        tensor.CopyFrom(values);
    }
}
