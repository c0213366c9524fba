using KernelCore.Curvature;
using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.LeaveOneOut;

/// <summary>
/// Hessians of softmax regression, [P, P], from curvatures of the logits: sum_j S_j x z_j z_j^T with
/// S = diag p - p p^T = sum over pairs c, e of classes of p_c p_e (u_c - u_e)(u_c - u_e)^T.
/// </summary>
internal static class ProbeHessian
{
    /// <summary>The most parameters of a probe whose Hessian is formed: 300 MB in double.</summary>
    public const int MostParameters = 6144;

    private const int RowsPerProduct = 1024;

    /// <summary>Weights w_j of a pair of classes for samples first, first + 1, ...: what p_c p_e is for the Hessian.</summary>
    public delegate void PairWeights(int c, int e, int first, Span<float> weights);

    /// <summary>Sums over samples: products of 1024 samples in float32, their sum in double.</summary>
    /// <remarks>The blocks of a pair of classes add to its diagonal blocks, so adding a constant to all logits is an exact null direction.</remarks>
    /// <param name="inputs">Samples.</param>
    /// <param name="weights">Of each pair.</param>
    /// <param name="cancellationToken">Checked before every product.</param>
    public static double[] Sum(ProbeInputs inputs, PairWeights weights, CancellationToken cancellationToken)
    {
        RequireDense(inputs.Classes, inputs.Width - 1);
        int width = inputs.Width, parameters = inputs.Parameters;
        var sum = new double[parameters * parameters];
        IKernels kernels = inputs.Device.Kernels;
        int most = Math.Min(RowsPerProduct, inputs.Count);
        using Tensor weighted = inputs.Device.Allocate([most, width]), factors = inputs.Device.Allocate([most]), product = inputs.Device.Allocate([width, width]);
        var host = new float[most];
        var block = new float[width * width];
        for (int first = 0; first < inputs.Count; first += most)
        {
            int rows = Math.Min(most, inputs.Count - first);
            Tensor scaled = weighted.View(0, [rows, width]), scale = factors.View(0, [rows]);
            for (int c = 0; c < inputs.Classes; c++)
            {
                for (int e = c + 1; e < inputs.Classes; e++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    weights(c, e, first, host.AsSpan(0, rows));
                    scale.CopyFrom(host.AsSpan(0, rows));
                    scaled.Fill(0);
                    kernels.Parameters.Axpy(1, inputs.Rows.View((long)first * width, [rows, width]), scaled);
                    kernels.Parameters.ScaleRows(scale, scaled);
                    kernels.LinearAlgebra.Gemm(true, false, 1, inputs.Block(first, rows), Matrix.Of(scaled), 0, Matrix.Of(product));
                    product.CopyTo(block);
                    Add(sum, parameters, width, c, e, block);
                }
            }
        }

        return sum;
    }

    /// <summary>The pair weights of predictions: p_c p_e.</summary>
    public static PairWeights OfProbabilities(double[] probabilities, int classes) => (c, e, first, weights) =>
    {
        for (int j = 0; j < weights.Length; j++)
        {
            int row = (first + j) * classes;
            weights[j] = (float)(probabilities[row + c] * probabilities[row + e]);
        }
    };

    /// <summary>H + penalty I, in place.</summary>
    public static double[] Penalise(double[] hessian, int parameters, double penalty)
    {
        for (int k = 0; k < parameters; k++)
        {
            hessian[(k * parameters) + k] += penalty;
        }

        return hessian;
    }

    /// <summary>Refuses a probe that is too large.</summary>
    public static void RequireDense(int classes, int features)
    {
        long parameters = (long)classes * (features + 1);
        if (parameters > MostParameters)
        {
            throw new KernelCoreException(
                $"a probe of {classes} classes on {features} features has {parameters} parameters, and its Hessian is formed up to {MostParameters}: "
                + "use retraining with a diagonal or Kronecker posterior, or fewer features");
        }
    }

    /// <summary>Adds w (u_c - u_e)(u_c - u_e)^T x block; the product with its symmetric weights is symmetric up to rounding.</summary>
    private static void Add(double[] sum, int parameters, int width, int c, int e, float[] block)
    {
        for (int a = 0; a < width; a++)
        {
            for (int b = 0; b < width; b++)
            {
                double value = (block[(a * width) + b] + (double)block[(b * width) + a]) / 2;
                int rowC = ((c * width) + a) * parameters, rowE = ((e * width) + a) * parameters;
                sum[rowC + (c * width) + b] += value;
                sum[rowE + (e * width) + b] += value;
                sum[rowC + (e * width) + b] -= value;
                sum[rowE + (c * width) + b] -= value;
            }
        }
    }
}
