using KernelCore.Curvature;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;

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
        int dimension = objective.Dimension, samples = objective.Samples;
        double[][] matrix = Dense(new GaussNewtonOperator(objective), damping);
        double[][] g = [.. Enumerable.Range(0, samples).Select(i => Gradient(gradients, i))];
        Factor(matrix);

        // With G + damping I = L L^T the influence is (L^-1 g_a).(L^-1 g_b).
        foreach (double[] vector in g)
        {
            for (int row = 0; row < dimension; row++)
            {
                vector[row] = (vector[row] - Dot(matrix[row], vector, row)) / matrix[row][row];
            }
        }

        return [.. from a in g from b in g select (float)Dot(a, b, dimension)];
    }

    private static float[][] ByParameter(ParameterVector vector) =>
        [.. Enumerable.Range(0, vector.Layout.Parameters.Count).Select(k => vector[k].ToArray())];

    private static double[] Gradient(GradientResult gradients, int sample) =>
        [.. gradients.Gradients!.SelectMany(all => all.ToArray().Chunk((int)(all.Count / gradients.Batch)).ElementAt(sample)).Select(v => (double)v)];

    /// <summary>The operator's columns, one product each, plus damping on the diagonal.</summary>
    private double[][] Dense(CurvatureOperator curvature, double damping)
    {
        using Tensor unit = _device.Allocate([curvature.Dimension]), column = _device.Allocate([curvature.Dimension]);
        var columns = new double[curvature.Dimension][];
        for (int i = 0; i < columns.Length; i++)
        {
            unit.Fill(0);
            unit.View(i, [1]).Fill(1);
            curvature.Apply(unit, column);
            columns[i] = Array.ConvertAll(column.ToArray(), v => (double)v);
            columns[i][i] += damping;
        }

        return columns;
    }

    /// <summary>Cholesky's factor L in place of the lower triangle; row by row.</summary>
    private static void Factor(double[][] matrix)
    {
        for (int i = 0; i < matrix.Length; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double rest = matrix[i][j] - Dot(matrix[i], matrix[j], j);
                matrix[i][j] = i == j ? Math.Sqrt(rest) : rest / matrix[j][j];
            }
        }
    }

    /// <summary>Dot product of the first elements.</summary>
    private static double Dot(double[] a, double[] b, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
