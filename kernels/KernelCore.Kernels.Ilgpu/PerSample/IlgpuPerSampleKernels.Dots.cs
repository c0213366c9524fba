using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>grad_i . V = g_i . (the layer's output with V for its weight and no bias): one forward rule and one dot.</remarks>
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
        foreach (LayerCapture use in uses)
        {
            if (use.Output is null || use.Kind == CaptureKind.Broadcast)
            {
                throw new ArgumentException($"layer '{use.Layer}' has no output that is linear in its weight; use {nameof(Dots)}", nameof(uses));
            }
        }

        LayerCapture[] all = [.. uses];
        Totals(batch, result, clamp: false, totals =>
        {
            for (int u = 0; u < all.Length; u++)
            {
                LayerCapture use = all[u];
                var term = new OutputTerm
                {
                    Backprop = DeviceMemory.Of(use.Backprop), Output = DeviceMemory.Of(use.Output), Bias = DeviceMemory.Of(use.Bias), Indices = DeviceMemory.Of(use.Indices),
                    Length = use.Layout.Count, Channels = use.Layout.Channels, Inner = use.Layout.Inner, PaddingIndex = use.PaddingIndex,
                };
                _rows.Run(batch, use.Layout.Count, term, totals, accumulate: u > 0);
            }
        });
    }

    private void AddDots(LayerCapture use, ParameterRole role, Tensor direction, ArrayView<double> totals, bool accumulate)
    {
        int batch = use.Batch, size = use.Layout.Count;
        ArrayView<float> g = DeviceMemory.Of(use.Backprop);
        if (role == ParameterRole.Bias)
        {
            using Tensor sums = device.Scratch([batch, use.Layout.Channels]);
            Form([use], role, 0, batch, sums);
            Against(DeviceMemory.Of(sums), direction, use.Layout.Channels);
            return;
        }

        if (use.Kind == CaptureKind.Broadcast)
        {
            Against(g, direction, size);
            return;
        }

        using Tensor output = device.Scratch([batch, size]);
        switch (use.Kind)
        {
            case CaptureKind.Linear:
                int rows = batch * use.Positions;
                algebra.Gemm(
                    false, true, 1, new Matrix(use.Activation!, rows, use.WeightColumns), new Matrix(direction, use.WeightRows, use.WeightColumns), 0,
                    new Matrix(output, rows, use.WeightRows));
                break;
            case CaptureKind.Convolution:
                device.Kernels.Layers.Convolution(use.Geometry!, batch, use.Activation!, direction, null, output);
                break;
            case CaptureKind.Lookup:
                IlgpuLayerKernels.LookUp(device, use.Indices!, use.PaddingIndex, direction.Reshape([use.WeightRows, use.WeightColumns]), output);
                break;
            default:
                device.Kernels.Layers.ScaleShift(use.Layout with { Outer = batch * use.Layout.Outer }, use.Activation!, direction, null, output);
                break;
        }

        _rows.Run(batch, size, new ProductTerm { X = g, Y = DeviceMemory.Of(output), Length = size }, totals, accumulate);

        void Against(ArrayView<float> rows, Tensor v, int length) =>
            _rows.Run(batch, length, new DirectionTerm { X = rows, V = DeviceMemory.Of(v), Length = length }, totals, accumulate);
    }
}
