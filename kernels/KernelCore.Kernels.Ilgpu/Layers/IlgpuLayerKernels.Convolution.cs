namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    /// <summary>One product for each (sample, group) pair: weights [p/g, patch] times patches [patch, positions], which are never stored.</summary>
    public void Convolution(ConvolutionGeometry geometry, int batch, Tensor x, Tensor weight, Tensor? bias, Tensor y)
    {
        ConvolutionGeometry g = geometry;
        var weights = new MatrixOperand
        {
            Elements = DeviceMemory.Of(weight), RowStride = g.PatchSize, DepthStride = 1, Batches = new BatchLayout(g.Groups, 0, g.OutChannelsPerGroup * g.PatchSize),
        };
        var to = new Destination(DeviceMemory.Of(y), g.Positions, BatchLayout.Contiguous(g.OutChannelsPerGroup * g.Positions))
        {
            Bias = new MatrixOperand { Elements = DeviceMemory.Of(bias), RowStride = 1, DepthStride = 0, Batches = new BatchLayout(g.Groups, 0, g.OutChannelsPerGroup) },
        };
        var patches = new PatchOperand { Patches = new() { Image = DeviceMemory.Of(x), Shape = new ConvolutionShape(g) } };
        algebra.Multiply(Factor.Of(weights, patches, g.PatchSize), KernelShapes.Convolution(g, batch), to);
    }

    public void ConvolutionInputGradient(ConvolutionGeometry geometry, int batch, Tensor gy, Tensor weight, Tensor gx)
    {
        var s = new ConvolutionShape(geometry);
        int pixels = geometry.Height * geometry.Width;
        var weights = new TransposedKernelOperand { Weight = DeviceMemory.Of(weight), Shape = s };
        var backprops = new BackpropOperand { OutputGradient = DeviceMemory.Of(gy), Shape = s };
        algebra.Multiply(
            Factor.Of(weights, backprops, s.GroupOutputs * s.Taps.Value), KernelShapes.ConvolutionInputGradient(geometry, batch),
            new Destination(DeviceMemory.Of(gx), pixels, BatchLayout.Contiguous(s.GroupChannels * pixels)));
    }
}
