using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace KernelCore.Tests.Curvature;

/// <summary>Dense symmetric test matrices, their double arithmetic, and error bounds for float32 products with them.</summary>
internal static class Symmetric
{
    [ThreadStatic]
    private static CpuDevice? t_device;

    /// <summary>The matrix of the golden numbers: trace 6, determinant 3.</summary>
    public static double[,] Golden => new double[,] { { 2, 1, 0 }, { 1, 3, -1 }, { 0, -1, 1 } };

    /// <summary>One for each thread, as tests run side by side and a device serves one thread at a time.</summary>
    public static CpuDevice Device => t_device ??= new CpuDevice(2);

    public static DenseOperator Operator(double[,] matrix) => new(Device, matrix);

    public static double[,] Diagonal(params double[] values)
    {
        var matrix = new double[values.Length, values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            matrix[i, i] = values[i];
        }

        return matrix;
    }

    /// <summary>Q diag(eigenvalues) Q^T with a random orthogonal Q, rounded to float32 elements.</summary>
    public static double[,] WithSpectrum(ulong stream, params double[] eigenvalues)
    {
        int n = eigenvalues.Length;
        Matrix<double> q = DenseMatrix.OfColumnMajor(n, n, DoubleArrays.Widen(TestNumbers.Normal(stream, n * n))).QR().Q;
        Matrix<double> a = q * DiagonalMatrix.OfDiagonal(n, n, eigenvalues) * q.Transpose();
        var matrix = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                matrix[i, j] = matrix[j, i] = (float)((a[i, j] + a[j, i]) / 2);
            }
        }

        return matrix;
    }

    /// <summary>Eigenvalues between two bounds, evenly on a logarithmic scale.</summary>
    public static double[] Logarithmic(int count, double low, double high) =>
        [.. Enumerable.Range(0, count).Select(i => low * Math.Pow(high / low, count == 1 ? 1 : i / (count - 1.0)))];

    public static double[] Eigenvalues(double[,] matrix) =>
        [.. DenseMatrix.OfArray(matrix).Evd(Symmetricity.Symmetric).EigenValues.Select(v => v.Real).Order()];

    public static double[] Solve(double[,] matrix, double[] b) => DenseMatrix.OfArray(matrix).Solve(DenseVector.OfArray(b)).ToArray();

    public static double[] Multiply(double[,] matrix, double[] x) => DenseMatrix.OfArray(matrix).Multiply(DenseVector.OfArray(x)).ToArray();

    /// <summary>Largest |eigenvalue|.</summary>
    public static double Norm(double[,] matrix) => Eigenvalues(matrix).Max(Math.Abs);

    /// <summary>Largest norm that the rounding error of one float32 product with the matrix can have, per norm of the vector: gamma_n || |A| ||_F.</summary>
    public static double ProductError(double[,] matrix) => TestNumbers.Gamma(matrix.GetLength(0)) * DenseMatrix.OfArray(matrix).FrobeniusNorm();

    public static double Norm(IEnumerable<double> x) => Math.Sqrt(x.Sum(v => v * v));

    public static double Distance(IEnumerable<double> x, IEnumerable<double> y) => Norm(x.Zip(y, (a, b) => a - b));

    public static Tensor Vector(params float[] values) => Device.Allocate([values.Length], values);

    public static Tensor Normal(ulong stream, int count) => Vector(TestNumbers.Normal(stream, count));
}

/// <summary>y = NaN, whatever x.</summary>
internal sealed class NotFinite(int dimension) : ILinearOperator
{
    public Device Device => Symmetric.Device;

    public int Dimension => dimension;

    public void Apply(Tensor x, Tensor y) => y.Fill(float.NaN);
}

/// <summary>Counts products, and cancels after some.</summary>
internal sealed class Counting(ILinearOperator inner, CancellationTokenSource? source = null, int cancelAfter = int.MaxValue) : ILinearOperator
{
    public int Products { get; private set; }

    public Device Device => inner.Device;

    public int Dimension => inner.Dimension;

    public void Apply(Tensor x, Tensor y)
    {
        inner.Apply(x, y);
        if (++Products == cancelAfter)
        {
            source?.Cancel();
        }
    }
}
