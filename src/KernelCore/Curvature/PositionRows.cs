using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>A capture of a Linear layer, or one group of a convolution, as the matrices whose products its gradients are.</summary>
/// <remarks>Convolutions are unfolded in host memory, on any device: patches and backprops go there and back.</remarks>
internal sealed class PositionRows : IDisposable
{
    private readonly bool _owned;

    public PositionRows(LayerCapture capture, int group)
    {
        (Batch, Positions) = (capture.Batch, capture.Positions);
        if (capture.Kind == CaptureKind.Linear)
        {
            (Activations, Backprops) = (capture.Activation!, capture.Backprop);
            return;
        }

        ConvolutionGeometry g = capture.Geometry!;
        Device device = capture.Backprop.Device;
        Activations = device.Allocate([Batch * Positions, g.PatchSize], Patches(capture.Activation!.ToArray(), g, Batch, group));
        Backprops = device.Allocate([Batch * Positions, g.OutChannelsPerGroup], Transpose(capture.Backprop.ToArray(), g, Batch, group));
        _owned = true;
    }

    /// <summary>Samples.</summary>
    public int Batch { get; }

    /// <summary>Rows per sample.</summary>
    public int Positions { get; }

    /// <summary>a_it, [batch x positions, d].</summary>
    public Tensor Activations { get; }

    /// <summary>s_it, [batch x positions, p].</summary>
    public Tensor Backprops { get; }

    public void Dispose()
    {
        if (_owned)
        {
            Activations.Dispose();
            Backprops.Dispose();
        }
    }

    private static float[] Patches(float[] images, ConvolutionGeometry g, int batch, int group)
    {
        int channels = g.InChannels / g.Groups, element = 0;
        var patches = new float[(long)batch * g.Positions * g.PatchSize];
        for (int row = 0; row < batch * g.Positions; row++)
        {
            int image = row / g.Positions * g.InputSize;
            int top = (row % g.Positions / g.OutWidth * g.StrideHeight) - g.PadTop, left = (row % g.OutWidth * g.StrideWidth) - g.PadLeft;
            for (int channel = group * channels; channel < (group + 1) * channels; channel++)
            {
                for (int k = 0; k < g.KernelHeight * g.KernelWidth; k++, element++)
                {
                    int y = top + (k / g.KernelWidth * g.DilationHeight), x = left + (k % g.KernelWidth * g.DilationWidth);
                    bool inside = (uint)y < (uint)g.Height && (uint)x < (uint)g.Width;
                    patches[element] = inside ? images[image + (((channel * g.Height) + y) * g.Width) + x] : 0;
                }
            }
        }

        return patches;
    }

    private static float[] Transpose(float[] backprops, ConvolutionGeometry g, int batch, int group)
    {
        int rows = g.OutChannelsPerGroup;
        var transposed = new float[(long)batch * g.Positions * rows];
        for (int i = 0; i < batch; i++)
        {
            for (int channel = 0; channel < rows; channel++)
            {
                int source = (((i * g.OutChannels) + (group * rows) + channel) * g.Positions), target = (i * g.Positions * rows) + channel;
                for (int t = 0; t < g.Positions; t++)
                {
                    transposed[target + (t * rows)] = backprops[source + t];
                }
            }
        }

        return transposed;
    }
}
