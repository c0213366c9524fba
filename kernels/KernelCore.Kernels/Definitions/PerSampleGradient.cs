using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>
/// What a per-sample gradient is: grad_i of one parameter, written out position by position. Every query of
/// <see cref="IPerSampleKernels"/> is a plain reduction of these numbers; in double they are the oracle.
/// </summary>
public static class PerSampleGradient
{
    /// <summary>The gradients of all samples, [batch, parameter], row-major: row i is the sum over uses of grad_i.</summary>
    /// <typeparam name="T">Type of all arithmetic; every product and sum is rounded to it.</typeparam>
    /// <param name="uses">All uses of the parameter, of equal batch.</param>
    /// <param name="role">Which parameter.</param>
    /// <exception cref="ArgumentException">There is no use, or a capture lacks what its kind needs.</exception>
    public static T[] Materialise<T>(ReadOnlySpan<LayerCapture> uses, ParameterRole role)
        where T : IFloatingPointIeee754<T>
    {
        if (uses.IsEmpty)
        {
            throw new ArgumentException("a parameter needs at least one use", nameof(uses));
        }

        int batch = uses[0].Batch;
        int size = role == ParameterRole.Bias ? uses[0].Layout.Channels : checked((int)uses[0].WeightShape.Count);
        var gradients = new T[checked(batch * size)];
        foreach (LayerCapture use in uses)
        {
            float[] g = use.Backprop.ToArray();
            for (int i = 0; i < batch; i++)
            {
                ReadOnlySpan<float> backprop = g.AsSpan(i * (g.Length / batch), g.Length / batch);
                Add(use, role, i, backprop, gradients.AsSpan(i * size, size));
            }
        }

        return gradients;
    }

    private static void Add<T>(LayerCapture use, ParameterRole role, int sample, ReadOnlySpan<float> g, Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        if (role == ParameterRole.Bias)
        {
            Channels(use.Layout, g, [], gradient);
            return;
        }

        switch (use.Kind)
        {
            case CaptureKind.Linear:
                Linear(use, g, Sample(use, sample), gradient);
                break;
            case CaptureKind.Convolution:
                Convolution(use.Geometry ?? throw Missing(use), g, Sample(use, sample), gradient);
                break;
            case CaptureKind.Lookup:
                Lookup(use, sample, g, gradient);
                break;
            case CaptureKind.ScaleShift:
                Channels(use.Layout, g, Sample(use, sample), gradient);
                break;
            default:
                for (int e = 0; e < gradient.Length; e++)
                {
                    gradient[e] += T.CreateChecked(g[e]);
                }

                break;
        }
    }

    private static void Linear<T>(LayerCapture use, ReadOnlySpan<float> g, ReadOnlySpan<float> a, Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        int p = use.WeightRows, d = use.WeightColumns;
        for (int t = 0; t < use.Positions; t++)
        {
            for (int r = 0; r < p; r++)
            {
                for (int c = 0; c < d; c++)
                {
                    gradient[(r * d) + c] += T.CreateChecked(g[(t * p) + r]) * T.CreateChecked(a[(t * d) + c]);
                }
            }
        }
    }

    private static void Convolution<T>(ConvolutionGeometry s, ReadOnlySpan<float> g, ReadOnlySpan<float> image, Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        int channels = s.InChannels / s.Groups, element = 0;
        for (int r = 0; r < s.OutChannels; r++)
        {
            int firstChannel = r / s.OutChannelsPerGroup * channels;
            for (int c = firstChannel; c < firstChannel + channels; c++)
            {
                for (int ky = 0; ky < s.KernelHeight; ky++)
                {
                    for (int kx = 0; kx < s.KernelWidth; kx++, element++)
                    {
                        gradient[element] += Correlation<T>(s, g.Slice(r * s.Positions, s.Positions), image, c, ky, kx);
                    }
                }
            }
        }
    }

    /// <summary>Sum over output positions of the backprop of a channel times the pixel that one kernel element sees.</summary>
    private static T Correlation<T>(ConvolutionGeometry s, ReadOnlySpan<float> g, ReadOnlySpan<float> image, int channel, int ky, int kx)
        where T : IFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        for (int oy = 0; oy < s.OutHeight; oy++)
        {
            for (int ox = 0; ox < s.OutWidth; ox++)
            {
                int y = (oy * s.StrideHeight) + (ky * s.DilationHeight) - s.PadTop;
                int x = (ox * s.StrideWidth) + (kx * s.DilationWidth) - s.PadLeft;
                if (y >= 0 && y < s.Height && x >= 0 && x < s.Width)
                {
                    sum += T.CreateChecked(g[(oy * s.OutWidth) + ox]) * T.CreateChecked(image[(((channel * s.Height) + y) * s.Width) + x]);
                }
            }
        }

        return sum;
    }

    private static void Lookup<T>(LayerCapture use, int sample, ReadOnlySpan<float> g, Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        int d = use.WeightColumns;
        ReadOnlySpan<int> rows = (use.Indices ?? throw Missing(use)).ToArray().AsSpan(sample * use.Positions, use.Positions);
        for (int t = 0; t < use.Positions; t++)
        {
            for (int c = 0; c < d && rows[t] != use.PaddingIndex; c++)
            {
                gradient[(rows[t] * d) + c] += T.CreateChecked(g[(t * d) + c]);
            }
        }
    }

    /// <summary>gradient[c] += sum over outer and inner positions of g, times x where there is an x.</summary>
    private static void Channels<T>(ChannelLayout layout, ReadOnlySpan<float> g, ReadOnlySpan<float> x, Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        for (int e = 0; e < layout.Count; e++)
        {
            T value = T.CreateChecked(g[e]);
            gradient[e / layout.Inner % layout.Channels] += x.IsEmpty ? value : value * T.CreateChecked(x[e]);
        }
    }

    private static ReadOnlySpan<float> Sample(LayerCapture use, int sample)
    {
        float[] a = (use.Activation ?? throw Missing(use)).ToArray();
        return a.AsSpan(sample * (a.Length / use.Batch), a.Length / use.Batch);
    }

    private static ArgumentException Missing(LayerCapture use) =>
        new($"layer '{use.Layer}': the capture lacks what kind {use.Kind} needs", nameof(use));
}
