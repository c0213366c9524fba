using KernelCore.Data;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace KernelCore.Tests.LeaveOneOut;

/// <summary>Softmax regression with every matrix written out, in double: the truth for linear probes.</summary>
/// <param name="data">Samples.</param>
/// <param name="leftOut">Sample that does not count; -1 for none.</param>
internal sealed class ProbeOracle(Dataset data, int leftOut = -1)
{
    public int Width => data.SampleSize + 1;

    public int Size => data.ClassCount * Width;

    public IEnumerable<int> Samples => Enumerable.Range(0, data.Count).Where(i => i != leftOut);

    public double[] Row(int i) => [.. data.Sample(i).ToArray().Select(v => (double)v), 1];

    public double[] Probabilities(Vector<double> weights, int i)
    {
        double[] z = Row(i), logits = [.. Enumerable.Range(0, data.ClassCount).Select(c => z.Select((v, a) => v * weights[(c * Width) + a]).Sum())];
        double[] exp = [.. logits.Select(s => Math.Exp(s - logits.Max()))];
        return [.. exp.Select(e => e / exp.Sum())];
    }

    public double Loss(Vector<double> weights, int i) => -Math.Log(Probabilities(weights, i)[data.Labels[i]]);

    /// <summary>(p - y) x z of one sample.</summary>
    public Vector<double> Gradient(Vector<double> weights, int i)
    {
        double[] z = Row(i), p = Probabilities(weights, i);
        p[data.Labels[i]] -= 1;
        return DenseVector.OfEnumerable(p.SelectMany(d => z.Select(v => d * v)));
    }

    /// <summary>S x z z^T of one sample.</summary>
    public Matrix<double> Hessian(Vector<double> weights, int i)
    {
        double[] z = Row(i), p = Probabilities(weights, i);
        return DenseMatrix.Create(Size, Size, (r, c) =>
            ((r / Width == c / Width ? p[r / Width] : 0) - (p[r / Width] * p[c / Width])) * z[r % Width] * z[c % Width]);
    }

    public Vector<double> Gradient(Vector<double> weights) => Samples.Select(i => Gradient(weights, i)).Aggregate((a, b) => a + b);

    public Matrix<double> Hessian(Vector<double> weights) => Samples.Select(i => Hessian(weights, i)).Aggregate((a, b) => a + b);

    public Matrix<double> Damped(Matrix<double> hessian, double penalty) => hessian + (penalty * DenseMatrix.CreateIdentity(Size));

    /// <summary>The minimum of the sum of the losses and penalty / 2 ||W||^2.</summary>
    public Vector<double> Fit(double penalty)
    {
        Vector<double> weights = new DenseVector(Size);
        for (int step = 0; step < 60; step++)
        {
            Vector<double> move = Damped(Hessian(weights), penalty).Solve(Gradient(weights) + (penalty * weights));

            // Far away from the minimum whole steps overshoot.
            weights -= move * Math.Min(1, 2 / move.L2Norm());
        }

        return weights;
    }

    /// <summary>KL(N(m, L^-1) || N(m', L'^-1)).</summary>
    public static double Divergence(Vector<double> deviation, Matrix<double> precision, Matrix<double> other) => 0.5 * (
        (other * precision.Inverse()).Trace() - precision.RowCount + (deviation * (other * deviation)) + LogDeterminant(precision) - LogDeterminant(other));

    /// <summary>N G x A + t I with the means of S and of z z^T.</summary>
    public Matrix<double> Kronecker(Vector<double> weights, double penalty)
    {
        double count = Samples.Count();
        Matrix<double> outputs = new DenseMatrix(data.ClassCount), inputs = new DenseMatrix(Width);
        foreach (int i in Samples)
        {
            Vector<double> p = DenseVector.OfEnumerable(Probabilities(weights, i)), z = DenseVector.OfEnumerable(Row(i));
            outputs += (DiagonalMatrix.OfDiagonal(p.Count, p.Count, p) - p.OuterProduct(p)) / count;
            inputs += z.OuterProduct(z) / count;
        }

        return Damped(count * outputs.KroneckerProduct(inputs), penalty);
    }

    private static double LogDeterminant(Matrix<double> matrix) => matrix.Cholesky().DeterminantLn;
}
