using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>grad_i . V = g_i . (the layer's output with V for its weight and no bias): the output is summed up where it is computed.</remarks>
    public void Dots(ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor direction, Tensor result)
    {
        int batch = Validate(uses, role);
        LayerCapture[] all = [.. uses];
        Totals(batch, result, clamp: false, totals =>
        {
            for (int u = 0; u < all.Length; u++)
            {
                AddDots(all[u], role, direction, totals, accumulate: u > 0);
            }
        });
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// A use has no output, or is a broadcast: x + w is not linear in w alone, so its output does not give the dot.
    /// </exception>
    public void OutputDots(ReadOnlySpan<LayerCapture> uses, Tensor result)
    {
        int batch = Validate(uses, ParameterRole.Weight);
        CaptureGuard.RequireOutputs(uses);
        LayerCapture[] all = [.. uses];
        Totals(batch, result, clamp: false, totals =>
        {
            for (int u = 0; u < all.Length; u++)
            {
                AddOutputDots(all[u], totals, accumulate: u > 0);
            }
        });
    }

    private void AddOutputDots(LayerCapture use, ArrayView<double> totals, bool accumulate)
    {
        int size = use.Layout.Count;
        ArrayView<float> g = DeviceMemory.Of(use.Backprop), z = DeviceMemory.Of(use.Output);
        if (use.Kind == CaptureKind.Lookup)
        {
            var lookup = new LookupOutputTerm
            {
                Backprop = g, Output = z, Indices = DeviceMemory.Of(use.Indices), Length = size, Width = new(use.WeightColumns), PaddingIndex = use.PaddingIndex,
            };
            _rows.Run(use.Batch, size, lookup, totals, accumulate);
        }
        else
        {
            var term = new OutputTerm { Backprop = g, Output = z, Bias = DeviceMemory.Of(use.Bias), Channels = new ChannelAxis(use.Layout) };
            _rows.Run(use.Batch, size, term, totals, accumulate);
        }
    }

    private void AddDots(LayerCapture use, ParameterRole role, Tensor direction, ArrayView<double> totals, bool accumulate)
    {
        int batch = use.Batch, size = use.Layout.Count;
        ArrayView<float> g = DeviceMemory.Of(use.Backprop), v = DeviceMemory.Of(direction);
        if (role == ParameterRole.Bias || use.Kind == CaptureKind.ScaleShift)
        {
            var term = new ChannelTerm { Backprop = g, V = v, Channels = new ChannelAxis(use.Layout) };
            term.X = role == ParameterRole.Bias ? term.X : DeviceMemory.Of(use.Activation);
            _rows.Run(batch, size, term, totals, accumulate);
            return;
        }

        switch (use.Kind)
        {
            case CaptureKind.Linear:
                LinearDots(use, v, totals, accumulate);
                break;
            case CaptureKind.Convolution:
                ConvolutionDots(use, v, totals, accumulate);
                break;
            case CaptureKind.Lookup:
                var lookup = new LookupTerm
                {
                    Backprop = g, V = v, Indices = DeviceMemory.Of(use.Indices), Length = size, Width = new(use.WeightColumns), PaddingIndex = use.PaddingIndex,
                };
                _rows.Run(batch, size, lookup, totals, accumulate);
                break;
            default:
                _rows.Run(batch, size, new DirectionTerm { X = g, V = v }, totals, accumulate);
                break;
        }
    }

    /// <summary>G . (A V^T).</summary>
    private void LinearDots(LayerCapture use, ArrayView<float> v, ArrayView<double> totals, bool accumulate)
    {
        int p = use.WeightRows, d = use.WeightColumns;
        using ProductSums sums = new(device, algebra, use.Batch, KernelShapes.LinearDots(use.Batch * use.Positions, p, d), rowsApart: true);
        algebra.Multiply(
            Factor.Of(Rows(use.Activation!, d), Rows(v, d, 0), d), sums.Shape, sums.Sink(new WeightedTerm { Weights = Rows(use.Backprop, p) }));
        sums.Finish(_rows, totals, accumulate);
    }

    private void ConvolutionDots(LayerCapture use, ArrayView<float> v, ArrayView<double> totals, bool accumulate)
    {
        ConvolutionGeometry s = use.Geometry!;
        var weights = new MatrixOperand { Elements = v, RowStride = s.PatchSize, DepthStride = 1, Batches = new BatchLayout(s.Groups, 0, s.OutChannelsPerGroup * s.PatchSize) };
        var patches = new PatchOperand { Patches = new() { Image = DeviceMemory.Of(use.Activation), Shape = new ConvolutionShape(s) } };
        using ProductSums sums = new(device, algebra, use.Batch, KernelShapes.ConvolutionDots(s, use.Batch));
        algebra.Multiply(
            Factor.Of(weights, patches, s.PatchSize), sums.Shape, sums.Sink(new WeightedTerm { Weights = ChannelRows(s, DeviceMemory.Of(use.Backprop)) }));
        sums.Finish(_rows, totals, accumulate);
    }
}
