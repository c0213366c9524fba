using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;
using KernelCore.Models;

namespace KernelCore.Tests.Curvature;

/// <summary>The Fisher matrix written out in double from every sample's gradient, and small models to take it of.</summary>
internal static class DenseFisher
{
    /// <summary>mean_i E[g_i g_i^T], zero between different layers, as Kronecker blocks are.</summary>
    public static double[,] Blocks(Network model, Batch batch, Loss loss, KfacOptions options)
    {
        ParameterLayout layout = model.Parameters.Layout;
        int n = (int)layout.Count;
        var fisher = new double[n, n];
        using var passes = new FisherPasses(model, loss, options);
        double samples = passes.Run([batch], (captures, _) =>
        {
            var g = new double[batch.Count, n];
            foreach (ParameterUses uses in captures.Parameters)
            {
                ParameterInfo info = layout.Parameters[uses.Parameter];
                double[] gradients = PerSampleGradient.Materialise<double>(uses.Uses, uses.Role);
                for (int k = 0; k < gradients.Length; k++)
                {
                    g[k / (int)info.Shape.Count, info.Offset + (k % info.Shape.Count)] = gradients[k];
                }
            }

            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    for (int s = 0; s < batch.Count; s++)
                    {
                        fisher[i, j] += g[s, i] * g[s, j];
                    }
                }
            }
        }, null, default);

        int[] block = Labels(model);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                fisher[i, j] = block[i] == block[j] && block[i] >= 0 ? fisher[i, j] / samples : 0;
            }
        }

        return fisher;
    }

    public static double Frobenius(double[,] a, double[,]? b = null)
    {
        double sum = 0;
        for (int i = 0; i < a.GetLength(0); i++)
        {
            for (int j = 0; j < a.GetLength(1); j++)
            {
                double difference = a[i, j] - (b?[i, j] ?? 0);
                sum += difference * difference;
            }
        }

        return Math.Sqrt(sum);
    }

    public static Network Model(params IReadOnlyList<Layer> layers) => new(Symmetric.Device, layers, seed: 3);

    public static Batch Samples(int count, int classes, params ReadOnlySpan<int> sample)
    {
        int size = 1;
        foreach (int extent in sample)
        {
            size *= extent;
        }

        return new Batch
        {
            Features = Symmetric.Device.Allocate([count, .. sample], TestNumbers.Normal(50, count * size)),
            Labels = Symmetric.Device.AllocateIndices([count], TestNumbers.Integers(51, count, classes)),
        };
    }

    /// <summary>The block of every scalar parameter: layer and group; -1 for norms.</summary>
    private static int[] Labels(Network model)
    {
        var labels = new List<int>();
        var names = new List<string>();
        foreach (ParameterInfo info in model.Parameters.Layout.Parameters)
        {
            string layer = info.Name[..info.Name.LastIndexOf('.')];
            Layer definition = model.Layers[int.Parse(layer.Split('.')[0])];
            int groups = definition is Conv2d convolution ? convolution.Groups : 1;
            bool factored = definition is Linear or Conv2d;
            for (int k = 0; k < info.Shape.Count; k++)
            {
                string name = $"{layer}/{k / (info.Shape.Count / groups)}";
                if (!names.Contains(name))
                {
                    names.Add(name);
                }

                labels.Add(factored ? names.IndexOf(name) : -1);
            }
        }

        return [.. labels];
    }
}
