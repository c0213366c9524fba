using ILGPU;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>A bias has no activation to multiply with: all formulas are the direct one.</remarks>
    public void SquaredNorms(ReadOnlySpan<LayerCapture> uses, ParameterRole role, NormFormula formula, Tensor result)
    {
        int batch = Validate(uses, role);
        LayerCapture[] all = [.. uses];
        switch (role == ParameterRole.Bias ? NormFormula.Direct : formula)
        {
            case NormFormula.RankOne when IsSingle(uses, CaptureKind.Linear) && uses[0].Positions == 1:
                Totals(batch, result, clamp: false, totals => RankOneNorms(all[0], totals));
                break;
            case NormFormula.Gram when IsSingle(uses, CaptureKind.Linear):
                Totals(batch, result, clamp: true, totals => GramNorms(all[0], totals));
                break;
            case NormFormula.Gram when IsSingle(uses, CaptureKind.Convolution):
                Totals(batch, result, clamp: true, totals => ConvolutionGramNorms(all[0], totals));
                break;
            case NormFormula.Gram when IsSingle(uses, CaptureKind.Lookup):
            case NormFormula.Direct when role == ParameterRole.Weight && Array.TrueForAll(all, use => use.Kind == CaptureKind.Lookup):
                Totals(batch, result, clamp: true, totals => LookupNorms(all, totals));
                break;
            case NormFormula.Direct when role == ParameterRole.Weight && IsSingle(uses, CaptureKind.Linear):
                Totals(batch, result, clamp: false, totals => LinearNorms(all[0], totals));
                break;
            case NormFormula.Direct when role == ParameterRole.Weight && IsSingle(uses, CaptureKind.Convolution):
                Totals(batch, result, clamp: false, totals => ConvolutionNorms(all[0], totals));
                break;
            case NormFormula.Direct:
                Totals(batch, result, clamp: false, totals => DirectNorms(all, role, totals));
                break;
            default:
                throw new ArgumentException(
                    $"layer '{uses[0].Layer}': formula {formula} does not apply to {uses.Length} use(s) of kind {uses[0].Kind} with {uses[0].Positions} position(s)",
                    nameof(formula));
        }
    }

    /// <summary>Forms the gradients and squares them.</summary>
    private void DirectNorms(LayerCapture[] uses, ParameterRole role, ArrayView<double> totals)
    {
        int batch = uses[0].Batch, size = Size(uses, role), chunk = Chunk(batch, size);
        using Tensor block = device.Scratch([chunk, size]);
        ArrayView<float> view = DeviceMemory.Of(block);
        for (int first = 0; first < batch; first += chunk)
        {
            int count = Math.Min(chunk, batch - first);
            Form(uses, role, first, count, block);
            _rows.Run(count, size, new ProductTerm { X = view, Y = view }, totals.SubView(first, count), accumulate: false);
        }
    }

    /// <summary>The squared elements of G^T A, summed where they are computed.</summary>
    private void LinearNorms(LayerCapture use, ArrayView<double> totals)
    {
        int p = use.WeightRows, d = use.WeightColumns;
        using ProductSums sums = new(device, algebra, use.Batch, KernelShapes.LinearNorms(use.Batch, p, d, use.Positions));
        algebra.Multiply(
            LinearGradients(DeviceMemory.Of(use.Backprop), DeviceMemory.Of(use.Activation), use.Positions, p, d), sums.Shape, sums.Sink(default(SquareTerm)));
        sums.Finish(_rows, totals, accumulate: false);
    }

    private void ConvolutionNorms(LayerCapture use, ArrayView<double> totals)
    {
        ConvolutionGeometry s = use.Geometry!;
        using ProductSums sums = new(device, algebra, use.Batch, KernelShapes.ConvolutionNorms(s, use.Batch));
        algebra.Multiply(ConvolutionGradients(s, DeviceMemory.Of(use.Backprop), DeviceMemory.Of(use.Activation)), sums.Shape, sums.Sink(default(SquareTerm)));
        sums.Finish(_rows, totals, accumulate: false);
    }

    /// <summary>sum_ts (a_t.a_s)(g_t.g_s): both products of positions by positions meet in registers.</summary>
    private void GramNorms(LayerCapture use, ArrayView<double> totals)
    {
        int t = use.Positions, p = use.WeightRows, d = use.WeightColumns;
        MatrixOperand a = Rows(DeviceMemory.Of(use.Activation), d, t), g = Rows(DeviceMemory.Of(use.Backprop), p, t);
        using ProductSums sums = new(device, algebra, use.Batch, KernelShapes.LinearGramNorms(use.Batch, p, d, t));
        algebra.Multiply(Factor.Hadamard(Factor.Of(a, a, d), Factor.Of(g, g, p)), sums.Shape, sums.Sink(default(PlainTerm)));
        sums.Finish(_rows, totals, accumulate: false);
    }

    private void ConvolutionGramNorms(LayerCapture use, ArrayView<double> totals)
    {
        ConvolutionGeometry s = use.Geometry!;
        var patches = new PatchOperand { Patches = new() { Image = DeviceMemory.Of(use.Activation), Shape = new ConvolutionShape(s) } };
        MatrixOperand g = ChannelRows(s, DeviceMemory.Of(use.Backprop)) with { RowStride = 1, DepthStride = s.Positions };
        using ProductSums sums = new(device, algebra, use.Batch, KernelShapes.ConvolutionGramNorms(s, use.Batch));
        algebra.Multiply(
            Factor.Hadamard(Factor.Of(patches, patches, s.PatchSize), Factor.Of(g, g, s.OutChannelsPerGroup)), sums.Shape, sums.Sink(default(PlainTerm)));
        sums.Finish(_rows, totals, accumulate: false);
    }

    /// <summary>Sums over pairs of positions that look up the same row, in all pairs of uses: T^2 + T d work whatever the size of the table.</summary>
    private void LookupNorms(LayerCapture[] uses, ArrayView<double> totals)
    {
        bool accumulate = false;
        foreach (LayerCapture left in uses)
        {
            foreach (LayerCapture right in uses)
            {
                var pairs = new LookupPairTerm
                {
                    Left = DeviceMemory.Of(left.Backprop), Right = DeviceMemory.Of(right.Backprop), LeftIndices = DeviceMemory.Of(left.Indices!),
                    RightIndices = DeviceMemory.Of(right.Indices!), LeftPositions = left.Positions, RightPositions = right.Positions,
                    Width = new(left.WeightColumns), LeftPadding = left.PaddingIndex, RightPadding = right.PaddingIndex,
                };
                _rows.Run(left.Batch, left.Positions * left.WeightColumns, pairs, totals, accumulate);
                accumulate = true;
            }
        }
    }

    /// <summary>|a|^2 |g|^2.</summary>
    private void RankOneNorms(LayerCapture use, ArrayView<double> totals)
    {
        MemoryBuffer1D<double, Stride1D.Dense> memory = device.Pool.Rent<double>(use.Batch);
        ArrayView<double> outputs = memory.View.AsContiguous().SubView(0, use.Batch), inputs = totals;
        Squares(use.Activation!, use.WeightColumns, inputs);
        Squares(use.Backprop, use.WeightRows, outputs);
        device.ForEach(use.Batch, new NormProduct { Inputs = inputs, Outputs = outputs });
        device.Pool.Return(memory);

        void Squares(Tensor tensor, int length, ArrayView<double> to)
        {
            ArrayView<float> x = DeviceMemory.Of(tensor);
            _rows.Run(use.Batch, length, new ProductTerm { X = x, Y = x }, to, accumulate: false);
        }
    }

    internal struct NormProduct : IElement
    {
        public ArrayView<double> Inputs, Outputs;

        public readonly void At(int i) => Inputs[i] *= Outputs[i];
    }
}
