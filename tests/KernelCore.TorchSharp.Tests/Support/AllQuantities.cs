using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace KernelCore.Torch.Tests;

/// <summary>Checks every per-sample quantity of a module against the per-sample loop.</summary>
internal static class AllQuantities
{
    /// <summary>
    /// Float32 against double: products of depth n err by gamma_n = n 2^-24 relative to the size of what is summed; depth
    /// times positions stays below 1000 here, and 64 x 2^-24 = 4e-6 is their usual square root.
    /// </summary>
    private const double Tolerance = 2e-5;

    public static void Agree(Func<Module> create, Batch batch, CaptureRules? rules = null)
    {
        using Module module = create();
        using var model = new TorchModel(module, rules: rules);
        Agree(model, PerSampleLoop.Gradients(create, batch), batch);
    }

    public static void Agree(TorchModel model, Dictionary<string, double[][]> expected, Batch batch)
    {
        using var engine = new PerSampleEngine(model, new GradientQuery
        {
            Norms = true,
            WeightDots = true,
            Cosines = true,
            ClipNorm = 1,
            Gram = true,
            SquaredSum = true,
            Sum = true,
            Materialise = true,
        });
        GradientResult result = engine.Evaluate(batch, Loss.CrossEntropy);
        ParameterLayout layout = model.Parameters.Layout;
        string[] trainable = [.. layout.Parameters.Where(p => p.Trainable).Select(p => p.Name)];
        Assert.Equal(expected.Keys.Where(trainable.Contains).Order(), trainable.Order());
        var norms = new double[batch.Count];
        foreach (string name in trainable)
        {
            int k = layout.IndexOf(name);
            double[][] gradients = expected[name];
            double[] squared = Array.ConvertAll(gradients, g => g.Sum(v => v * v));
            double size = gradients.SelectMany(g => g).Select(Math.Abs).Append(0).Max(), length = Math.Sqrt(squared.Max());
            Close([.. gradients.SelectMany(g => g)], result.Gradients![k].ToArray(), size, $"gradients of {name}");
            Close(squared, Row(result.SquaredNorms!, k, batch.Count), squared.Max(), $"norms of {name}");
            float[] weight = model.Parameters[k].ToArray();
            double weightLength = Math.Sqrt(weight.Sum(w => (double)w * w));
            Close(
                Array.ConvertAll(gradients, g => g.Zip(weight).Sum(p => p.First * p.Second)), Row(result.WeightDots!, k, batch.Count), length * weightLength, $"dots of {name}");
            Close(Sum(gradients, g => g), result.Sum![k].ToArray(), size * batch.Count, $"sum of {name}");
            Close(Sum(gradients, g => g * g), result.SquaredSum![k].ToArray(), size * size * batch.Count, $"squared sum of {name}");
            norms = [.. norms.Zip(squared, (a, b) => a + b)];
        }

        double[] clip = Array.ConvertAll(norms, n => Math.Min(1, 1 / Math.Sqrt(n)));
        foreach (string name in trainable)
        {
            double[][] clipped = [.. expected[name].Select((g, i) => Array.ConvertAll(g, v => v * clip[i]))];
            Close(Sum(clipped, g => g), result.ClippedSum![layout.IndexOf(name)].ToArray(), batch.Count * clipped.SelectMany(g => g).Max(Math.Abs), $"clipped sum of {name}");
        }

        var gram = new double[batch.Count * batch.Count];
        for (int i = 0; i < gram.Length; i++)
        {
            int left = i / batch.Count, right = i % batch.Count;
            gram[i] = trainable.Sum(name => expected[name][left].Zip(expected[name][right]).Sum(p => p.First * p.Second));
        }

        Close(gram, result.Gram!.ToArray(), norms.Max(), "Gram matrix");
    }

    private static float[] Row(PerSampleScalar scalar, int parameter, int batch) => scalar.ByParameter.ToArray()[(parameter * batch)..((parameter + 1) * batch)];

    private static double[] Sum(double[][] gradients, Func<double, double> of) =>
        [.. Enumerable.Range(0, gradients[0].Length).Select(j => gradients.Sum(g => of(g[j])))];

    private static void Close(double[] expected, float[] actual, double scale, string what) =>
        Conformance.AssertNumbers.Within(expected, actual, _ => Tolerance * scale, what);
}
