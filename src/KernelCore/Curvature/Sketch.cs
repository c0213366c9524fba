using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Random sign vectors W, the sketch Y = A W, and Y = Q R with orthonormal Q: the range of A as k products see it.</summary>
internal sealed class Sketch : IDisposable
{
    /// <summary>A column this much shorter after orthogonalisation is rounding: the columns before it span it.</summary>
    private const double Dependent = 1e-5;

    private readonly Workspace _signs, _basis;

    public Sketch(string method, ILinearOperator a, int columns, ProbeSource source, CancellationToken cancellation)
    {
        _signs = new Workspace(a.Device, a.Dimension, columns);
        _basis = new Workspace(a.Device, a.Dimension, columns);
        Signs = [.. Enumerable.Range(0, columns).Select(i => _signs[i])];
        R = new double[columns, columns];
        var basis = new List<Tensor>();
        var coefficients = new double[columns];
        try
        {
            for (int i = 0; i < columns; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                source(i, Signs[i]);
                Tensor y = _basis[basis.Count];
                a.Apply(Signs[i], y);
                double before = VectorAlgebra.RequireFinite(y.Norm(), method, i + 1);
                Array.Clear(coefficients);
                y.Orthogonalise(basis, basis.Count, coefficients);
                double after = y.Norm();
                for (int j = 0; j < basis.Count; j++)
                {
                    R[j, i] = coefficients[j];
                }

                if (after > Dependent * before)
                {
                    y.Scale(1 / after);
                    R[basis.Count, i] = after;
                    basis.Add(y);
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        Basis = basis;
    }

    /// <summary>w_i.</summary>
    public IReadOnlyList<Tensor> Signs { get; }

    /// <summary>q_j: as many as Y has independent columns.</summary>
    public IReadOnlyList<Tensor> Basis { get; }

    /// <summary>[k, k], upper triangular when no column was dependent.</summary>
    public double[,] R { get; }

    /// <summary>H = Q^T A Q, symmetrised: a product per basis vector.</summary>
    public double[,] Compress(ILinearOperator a, Tensor work, CancellationToken cancellation)
    {
        int rank = Basis.Count;
        var h = new double[rank, rank];
        for (int j = 0; j < rank; j++)
        {
            cancellation.ThrowIfCancellationRequested();
            a.Apply(Basis[j], work);
            for (int i = 0; i < rank; i++)
            {
                h[i, j] = Basis[i].Dot(work);
            }
        }

        LinearOperators.Symmetrise(h);
        return h;
    }

    public void Dispose()
    {
        _signs.Dispose();
        _basis.Dispose();
    }
}
