using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>
/// Cosines of a linear layer's inputs with the principal right singular vector u of its weight, y = W x. When nearly all have the same sign, training
/// is about to blow up.
/// </summary>
/// <remarks>arXiv 2510.04202. The sign of u is arbitrary: use <see cref="SignImbalance"/>. u by Lanczos on W^T W; deterministic.</remarks>
public sealed class SpectralAlignment
{
    private const int Steps = 32;

    private SpectralAlignment(double singularValue, float[] cosines)
    {
        (SingularValue, Cosines) = (singularValue, cosines);
        int positive = cosines.Count(c => c > 0), negative = cosines.Count(c => c < 0);
        SignImbalance = cosines.Length == 0 ? double.NaN : Math.Max(positive, negative) / (double)cosines.Length;
    }

    /// <summary>||W||_2.</summary>
    public double SingularValue { get; }

    /// <summary>cos(x_t, u) of every input row; 0 for a zero row.</summary>
    public IReadOnlyList<float> Cosines { get; }

    /// <summary>max(share of positive cosines, share of negative ones): 1/2 when balanced, 1 when collapsed.</summary>
    public double SignImbalance { get; }

    /// <summary>Computes the alignment of a layer's inputs.</summary>
    /// <param name="weight">W, [p, d] (a convolution's weight counts as [p, patch]).</param>
    /// <param name="activations">x, [..., d].</param>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static SpectralAlignment Compute(Tensor weight, Tensor activations)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(activations);
        int p = weight.Shape[0], d = activations.Shape[-1];
        if (d == 0 || weight.Count != (long)p * d)
        {
            throw new ArgumentException($"inputs {activations.Shape} do not fit a weight {weight.Shape}", nameof(activations));
        }

        using var gram = new WeightGram(weight.Reshape([p, d]));
        using Lanczos lanczos = Lanczos.Run(gram, Steps);
        using EigenPairs top = lanczos.Pairs(lanczos.Steps - 1);
        Matrix x = Matrix.Of(activations);
        using Tensor dots = weight.Device.Allocate([x.Rows]);
        weight.Device.Kernels.LinearAlgebra.Gemm(false, true, 1, x, Matrix.Of(top.Vectors), 0, new Matrix(dots, x.Rows, 1));
        float[] cosines = dots.ToArray();
        float[] rows = activations.ToArray();
        for (int t = 0; t < cosines.Length; t++)
        {
            double squared = 0;
            foreach (float value in rows.AsSpan(t * d, d))
            {
                squared += (double)value * value;
            }

            cosines[t] = squared == 0 ? 0 : (float)(cosines[t] / Math.Sqrt(squared));
        }

        return new SpectralAlignment(Math.Sqrt(Math.Max(0, top.Values[0])), cosines);
    }

    /// <summary>W^T W.</summary>
    private sealed class WeightGram(Tensor weight) : ILinearOperator, IDisposable
    {
        private readonly Tensor _image = weight.Device.Allocate([weight.Shape[0]]);

        public Device Device => weight.Device;

        public int Dimension => weight.Shape[1];

        public void Apply(Tensor x, Tensor y)
        {
            ILinearAlgebra algebra = Device.Kernels.LinearAlgebra;
            Matrix w = Matrix.Of(weight), image = new(_image, 1, weight.Shape[0]);
            algebra.Gemm(false, true, 1, new Matrix(x, 1, Dimension), w, 0, image);
            algebra.Gemm(false, false, 1, image, w, 0, new Matrix(y, 1, Dimension));
        }

        public void Dispose() => _image.Dispose();
    }
}
