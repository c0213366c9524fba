using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Definition of <see cref="ILayerKernels.Convolution"/> and its gradient with respect to the input.</summary>
public static class Convolution
{
    /// <summary>
    /// y[s, o, v, u] = bias[o] + sum over c, r, q of w[o, c, r, q] x[s, c0 + c, v strideH + r dilationH - padTop, u strideW + q dilationW - padLeft],
    /// c0 the first input channel of o's group, and x zero outside the image.
    /// </summary>
    /// <typeparam name="T">Element type; double makes this an oracle for float32 kernels.</typeparam>
    /// <param name="geometry">Shape.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="x">[batch, C, H, W].</param>
    /// <param name="weight">[p, C/groups, kernel height, kernel width].</param>
    /// <param name="bias">[p], or empty for none.</param>
    /// <param name="y">[batch, p, out height, out width], overwritten.</param>
    /// <remarks>Whether padding times a weight that is not finite contributes NaN or nothing is left to the kernel.</remarks>
    public static void Forward<T>(
        ConvolutionGeometry geometry, int batch, ReadOnlySpan<T> x, ReadOnlySpan<T> weight, ReadOnlySpan<T> bias, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < batch * geometry.OutputSize; i++)
        {
            y[i] = bias.IsEmpty ? T.Zero : bias[i / geometry.Positions % geometry.OutChannels];
        }

        foreach (Term term in Terms(geometry, batch))
        {
            y[term.Output] += weight[term.Weight] * x[term.Input];
        }
    }

    /// <summary>gx = the transpose of <see cref="Forward"/>, a linear map of x, applied to gy.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="geometry">Shape.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="gy">[batch, p, out height, out width].</param>
    /// <param name="weight">[p, C/groups, kernel height, kernel width].</param>
    /// <param name="gx">[batch, C, H, W], overwritten.</param>
    public static void InputGradient<T>(
        ConvolutionGeometry geometry, int batch, ReadOnlySpan<T> gy, ReadOnlySpan<T> weight, Span<T> gx)
        where T : IFloatingPointIeee754<T>
    {
        gx[..(batch * geometry.InputSize)].Clear();
        foreach (Term term in Terms(geometry, batch))
        {
            gx[term.Input] += weight[term.Weight] * gy[term.Output];
        }
    }

    /// <summary>All products of a convolution: which weight joins which input to which output.</summary>
    private static IEnumerable<Term> Terms(ConvolutionGeometry g, int batch)
    {
        int groupChannels = g.InChannels / g.Groups;
        for (int output = 0; output < batch * g.OutputSize; output++)
        {
            int column = output % g.OutWidth, row = output / g.OutWidth % g.OutHeight;
            int channel = output / g.Positions % g.OutChannels, sample = output / g.OutputSize;
            for (int patch = 0; patch < g.PatchSize; patch++)
            {
                int kernelColumn = patch % g.KernelWidth, kernelRow = patch / g.KernelWidth % g.KernelHeight;
                int inChannel = (channel / g.OutChannelsPerGroup * groupChannels) + (patch / (g.KernelWidth * g.KernelHeight));
                int inRow = (row * g.StrideHeight) + (kernelRow * g.DilationHeight) - g.PadTop;
                int inColumn = (column * g.StrideWidth) + (kernelColumn * g.DilationWidth) - g.PadLeft;
                if (inRow >= 0 && inRow < g.Height && inColumn >= 0 && inColumn < g.Width)
                {
                    int input = (((((sample * g.InChannels) + inChannel) * g.Height) + inRow) * g.Width) + inColumn;
                    yield return new Term(output, (channel * g.PatchSize) + patch, input);
                }
            }
        }
    }

    private readonly record struct Term(int Output, int Weight, int Input);
}
