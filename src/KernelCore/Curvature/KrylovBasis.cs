using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Orthonormal vectors q_0 .. q_(m-1) of the Krylov space of A and a start, and H = Q^T A Q as it arose.</summary>
/// <remarks>
/// Every new vector is orthogonalised twice against all before it, so Q stays orthonormal to float32 rounding however long
/// it gets: m^2 n multiply-adds, and no spurious copies of eigenvalues.
/// </remarks>
internal sealed class KrylovBasis : IDisposable
{
    private KrylovBasis(Tensor vectors, int steps, double[,] hessenberg, double beta)
    {
        (Vectors, Steps, Hessenberg, Beta) = (vectors, steps, hessenberg, beta);
    }

    /// <summary>[steps, n]; rows beyond <see cref="Steps"/> are unused.</summary>
    public Tensor Vectors { get; }

    /// <summary>Vectors built, m: fewer than asked for where the space is invariant.</summary>
    public int Steps { get; }

    /// <summary>[m, m]: above and on the diagonal the coefficients, below it the norms.</summary>
    public double[,] Hessenberg { get; }

    /// <summary>Norm of what A q_(m-1) has outside the space; 0 for an invariant one.</summary>
    public double Beta { get; }

    public static KrylovBasis Build(
        string method, ILinearOperator a, Tensor start, int steps, IProgress<IterationProgress>? progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        steps = Math.Min(steps, a.Dimension);
        double beta = VectorAlgebra.RequireFinite(start.Norm(), method, 0);
        if (beta == 0)
        {
            throw new KernelCoreException($"{method}: the start vector is zero");
        }

        Tensor vectors = a.Device.Allocate([steps, a.Dimension]);
        try
        {
            using var work = new Workspace(a.Device, a.Dimension, vectors: 1);
            Tensor[] q = vectors.Rows();
            var h = new double[steps, steps];
            var coefficients = new double[steps];
            double scale = 0;
            q[0].Assign(start);
            q[0].Scale(1 / beta);
            int built = 0;
            do
            {
                cancellation.ThrowIfCancellationRequested();
                if (built > 0)
                {
                    q[built].Assign(work[0]);
                    q[built].Scale(1 / beta);
                    h[built, built - 1] = beta;
                }

                a.Apply(q[built], work[0]);
                scale = Math.Max(scale, VectorAlgebra.RequireFinite(work[0].Norm(), method, built + 1));
                Array.Clear(coefficients);
                work[0].Orthogonalise(q, built + 1, coefficients);
                for (int i = 0; i <= built; i++)
                {
                    h[i, built] = coefficients[i];
                }

                beta = work[0].Norm();
                built++;
                progress?.Report(new IterationProgress(built, steps, beta));
            }
            while (built < steps && beta > VectorAlgebra.UnitRoundoff * scale);

            return new KrylovBasis(vectors, built, Leading(h, built), built == a.Dimension ? 0 : beta);
        }
        catch
        {
            vectors.Dispose();
            throw;
        }
    }

    /// <summary>rows[k] = sum_j coefficients[j, columns[k]] q_j: Ritz vectors, or any other combinations.</summary>
    public Tensor Combine(double[,] coefficients, ReadOnlySpan<int> columns)
    {
        int n = Vectors.Shape[1];
        var values = new float[columns.Length * Steps];
        for (int k = 0; k < columns.Length; k++)
        {
            for (int j = 0; j < Steps; j++)
            {
                values[(k * Steps) + j] = (float)coefficients[j, columns[k]];
            }
        }

        Device device = Vectors.Device;
        using Tensor left = device.Allocate([columns.Length, Steps], values);
        Tensor result = device.Allocate([columns.Length, n]);
        device.Kernels.LinearAlgebra.Gemm(
            false, false, 1, Matrix.Of(left), new Matrix(Vectors, Steps, n), 0, Matrix.Of(result));
        return result;
    }

    public void Dispose() => Vectors.Dispose();

    private static double[,] Leading(double[,] matrix, int size)
    {
        var leading = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                leading[i, j] = matrix[i, j];
            }
        }

        return leading;
    }
}
