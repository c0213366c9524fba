using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>Gradient disparity: mean distance ||g_a - g_b||_2 between the gradients of batches. A rise signals overfitting.</summary>
/// <remarks>
/// Forouzesh and Thiran, "Disparity between batches as a signal for early stopping" (arXiv 2107.06665); five batches in the paper. As there, a
/// batch's loss is mean(l) / std(l) with the unbiased standard deviation, through which the gradient flows.
/// </remarks>
public static class GradientDisparity
{
    /// <summary>Computes the mean over all pairs of batches.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batches">At least two batches of at least two samples.</param>
    /// <param name="loss">Loss of each sample.</param>
    /// <param name="rescale">Whether to divide each batch's loss by its standard deviation.</param>
    /// <param name="mode">Training is the paper's; it draws dropout masks and updates running statistics.</param>
    /// <returns>The disparity; NaN when a batch's losses are all equal and rescaled.</returns>
    public static double Compute(
        IModel model, IEnumerable<Batch> batches, Loss loss, bool rescale = true, ForwardMode mode = ForwardMode.Training)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentNullException.ThrowIfNull(loss);
        var gradients = new List<ParameterVector>();
        try
        {
            foreach (Batch batch in batches)
            {
                gradients.Add(new ParameterVector(model.Parameters.Layout, model.Device));
                Gradient(model, batch, loss, rescale, mode, gradients[^1]);
            }

            using Tensor work = model.Device.Allocate(model.Parameters.Flat.Shape);
            return MeanDistance(gradients, work);
        }
        finally
        {
            gradients.ForEach(g => g.Dispose());
        }
    }

    /// <summary>dL/dl_i of L = mean(l) / std(l): 1/(m s) - mean (l_i - mean) / ((m - 1) s^3).</summary>
    internal static float[] Coefficients(ReadOnlySpan<float> losses, bool rescale)
    {
        int m = losses.Length;
        double mean = 0, squares = 0;
        foreach (float value in losses)
        {
            mean += value / (double)m;
        }

        foreach (float value in losses)
        {
            squares += (value - mean) * (value - mean);
        }

        double deviation = rescale ? Math.Sqrt(squares / (m - 1)) : 1;
        var coefficients = new float[m];
        for (int i = 0; i < m; i++)
        {
            double flow = rescale ? mean * (losses[i] - mean) / ((m - 1) * deviation * deviation * deviation) : 0;
            coefficients[i] = (float)((1 / (m * deviation)) - flow);
        }

        return coefficients;
    }

    private static void Gradient(IModel model, Batch batch, Loss loss, bool rescale, ForwardMode mode, ParameterVector gradient)
    {
        IKernels kernels = model.Device.Kernels;
        using Tensor losses = model.Device.Allocate([batch.Count]);
        IForwardPass pass = model.Forward(batch, mode);
        loss.Evaluate(pass.Outputs, batch, 1, losses, pass.Cotangent);

        // The coefficients enter before the backward pass, so that samples may be coupled by batch statistics.
        losses.CopyFrom(Coefficients(losses.ToArray(), rescale));
        kernels.Parameters.ScaleRows(losses, pass.Cotangent);
        foreach (ParameterUses uses in pass.Backward().Parameters)
        {
            kernels.PerSample.WeightedSum(uses.Uses, uses.Role, null, 0, gradient[uses.Parameter]);
        }
    }

    private static double MeanDistance(List<ParameterVector> gradients, Tensor work)
    {
        double sum = 0;
        for (int a = 1; a < gradients.Count; a++)
        {
            for (int b = 0; b < a; b++)
            {
                IParameterKernels kernels = work.Device.Kernels.Parameters;
                work.Fill(0);
                kernels.Axpy(1, gradients[a].Flat, work);
                kernels.Axpy(-1, gradients[b].Flat, work);
                sum += Math.Sqrt(kernels.Dot(work, work));
            }
        }

        return sum / (gradients.Count * (gradients.Count - 1) / 2.0);
    }
}
