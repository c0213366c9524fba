using KernelCore.Conformance;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Tests.Models;
using static KernelCore.Tests.Gradients.GradientOracle;

namespace KernelCore.Tests.Gradients;

/// <summary>Evaluates every query on a case at once and compares each quantity with the oracle.</summary>
internal static class AllQuantities
{
    private const double Tolerance = 2e-5;

    public static void Check(Device device, string name)
    {
        NetworkCase c = NetworkCases.Find(name);
        GradientOracle oracle = Of(name);
        double[][] gradients = [.. Enumerable.Range(0, Samples).Select(i => oracle.Gradient(i))];
        double[] norms = [.. gradients.Select(Norm)];
        double clip = norms.Order().ElementAt(Samples / 2);

        using Network network = c.Build(device);
        using Batch batch = c.Batch(device, Samples);
        using var direction = new ParameterVector(network.Parameters.Layout, device);
        direction.Flat.CopyFrom(TestNumbers.Normal(99, (int)direction.Flat.Count));
        using var engine = new PerSampleEngine(network, Queries.Everything with { Direction = direction, ClipNorm = clip });
        GradientResult result = engine.Evaluate(batch, c.Objective);

        double[] v = DoubleArrays.Widen(direction.Flat), w = oracle.TrainableWeights(), coefficients = [.. norms.Select(n => Math.Min(1, clip / n))];
        Same(Pairs((i, j) => Dot(gradients[i], gradients[j])), result.Gram!, "Gram", 0);
        Same(gradients.Select(g => Dot(g, g)), result.SquaredNorms!.Total, "squared norms", 0);
        Same(gradients.Select(g => Dot(g, v)), result.DirectionDots!.Total, "dots", norms.Max() * Norm(v));
        Same(gradients.Select(g => Dot(g, w)), result.WeightDots!.Total, "weight dots", norms.Max() * Norm(w));
        Same(gradients.Select((g, i) => Dot(g, w) / (norms[i] * Norm(w))), result.Cosines!.Total, "cosines", 1);
        Same(coefficients, result.ClipCoefficients!, "clip coefficients", 1);
        for (int k = 0; k < network.Parameters.Layout.Parameters.Count; k++)
        {
            string parameter = network.Parameters.Layout.Parameters[k].Name;
            double[][] own = [.. Enumerable.Range(0, Samples).Select(i => oracle.Gradient(i, k))];
            double size = own.Max(Norm);
            double[] part = DoubleArrays.Widen(direction[k]), weight = oracle.Weights[k];
            Same(own.SelectMany(g => g), result.Gradients![k], $"{parameter}, gradients", size);
            Same(own.Select(g => Dot(g, g)), result.SquaredNorms.Rows[k], $"{parameter}, squared norms", size * size);
            Same(own.Select(g => Dot(g, part)), result.DirectionDots.Rows[k], $"{parameter}, dots", size * Norm(part));
            Same(own.Select(g => Dot(g, weight)), result.WeightDots.Rows[k], $"{parameter}, weight dots", size * Norm(weight));
            Same(Combine(own, [1, 1, 1, 1]), result.Sum![k], $"{parameter}, sum", size);
            Same(Combine(own, coefficients), result.ClippedSum![k], $"{parameter}, clipped sum", size);
            Same(Combine([.. own.Select(g => Array.ConvertAll(g, x => x * x))], [1, 1, 1, 1]), result.SquaredSum![k], $"{parameter}, squared sum", size * size);
        }

        // Natural size of what is summed; nothing of a network this small is compared below 1e-3 of its usual magnitude.
        void Same(IEnumerable<double> expected, Tensor actual, string what, double size) =>
            AssertClose.Equal(expected, actual.ToArray(), Tolerance, $"{name}: {what}", Math.Max(1e-3, size));
    }

    private static IEnumerable<double> Pairs(Func<int, int, double> of) =>
        Enumerable.Range(0, Samples * Samples).Select(ij => of(ij / Samples, ij % Samples));

    private static double[] Combine(double[][] rows, double[] factors)
    {
        var sum = new double[rows[0].Length];
        for (int i = 0; i < rows.Length; i++)
        {
            for (int e = 0; e < sum.Length; e++)
            {
                sum[e] += factors[i] * rows[i][e];
            }
        }

        return sum;
    }
}
