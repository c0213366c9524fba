using KernelCore.Curvature;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Verification;

/// <summary>What a reference case expects of second derivatives.</summary>
internal sealed class CurvatureRecomputation(Objective objective)
{
    private readonly ParameterLayout _layout = objective.Model.Parameters.Layout;
    private readonly Device _device = objective.Model.Device;

    /// <summary>H v and G v of the mean loss by parameter, and v^T H_i v of each sample.</summary>
    public (float[][] Hessian, float[] PerSample, float[][] GaussNewton) Products(ParameterVector direction)
    {
        using var result = new ParameterVector(_layout, _device);
        using Tensor perSample = _device.Allocate([objective.Samples]);
        objective.Point(0).HessianProduct(direction, 0, result, perSample);
        objective.Rescale(result.Flat);
        float[][] hessian = ByParameter(result);
        new GaussNewtonOperator(objective).Apply(direction.Flat, result.Flat);
        return (hessian, perSample.ToArray(), ByParameter(result));
    }

    /// <summary>g_a^T (G + damping I)^-1 g_b for all pairs of samples, G dense in double: for small networks.</summary>
    public float[] Influence(GradientResult gradients, double damping)
    {
        double[,] matrix = new GaussNewtonOperator(objective).ToDense();
        for (int i = 0; i < objective.Dimension; i++)
        {
            matrix[i, i] += damping;
        }

        var solver = new CholeskySolver(matrix);
        double[][] g = [.. Enumerable.Range(0, objective.Samples).Select(i => Gradient(gradients, i))];
        double[][] solved = Array.ConvertAll(g, b => solver.Solve(b));
        return [.. from a in g from b in solved select (float)TensorPrimitives.Dot<double>(a, b)];
    }

    private static float[][] ByParameter(ParameterVector vector) =>
        [.. Enumerable.Range(0, vector.Layout.Parameters.Count).Select(k => vector[k].ToArray())];

    private static double[] Gradient(GradientResult gradients, int sample) =>
        [.. gradients.Gradients!.SelectMany(all => all.ToArray().Chunk((int)(all.Count / gradients.Batch)).ElementAt(sample)).Select(v => (double)v)];
}
