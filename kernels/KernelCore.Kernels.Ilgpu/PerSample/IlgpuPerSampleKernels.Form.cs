using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuPerSampleKernels
{
    /// <summary>The gradients of samples [first, first + count): block[i] = sum over uses of grad_i, [count, parameter].</summary>
    private void Form(ReadOnlySpan<LayerCapture> uses, ParameterRole role, int first, int count, Tensor block)
    {
        ArrayView<float> to = DeviceMemory.Of(block);
        for (int u = 0; u < uses.Length && count > 0; u++)
        {
            LayerCapture use = uses[u];
            ArrayView<float> g = Samples(use.Backprop, use.Batch, first, count);
            float beta = u == 0 ? 0 : 1;
            if (role == ParameterRole.Bias)
            {
                Channels(use.Layout, count, g, ArrayView<float>.Empty, to, beta);
                continue;
            }

            switch (use.Kind)
            {
                case CaptureKind.Linear:
                    FormLinear(use, count, g, Samples(use.Activation!, use.Batch, first, count), to, beta);
                    break;
                case CaptureKind.Convolution:
                    FormConvolution(use.Geometry!, count, g, Samples(use.Activation!, use.Batch, first, count), to, beta);
                    break;
                case CaptureKind.Lookup:
                    FormLookup(use, first, count, g, to, beta);
                    break;
                case CaptureKind.ScaleShift:
                    Channels(use.Layout, count, g, Samples(use.Activation!, use.Batch, first, count), to, beta);
                    break;
                default:
                    device.Stream((int)g.Length, new Accumulation { X = g, Y = to, Beta = beta });
                    break;
            }
        }
    }

    /// <summary>grad_i = G_i^T A_i.</summary>
    private void FormLinear(LayerCapture use, int count, ArrayView<float> g, ArrayView<float> a, ArrayView<float> to, float beta)
    {
        int p = use.WeightRows, d = use.WeightColumns, t = use.Positions;
        algebra.Multiply(LinearGradients(g, a, t, p, d), KernelShapes.LinearGradients(count, p, d, t), new Destination(to, d, BatchLayout.Contiguous(p * d), 1, beta));
    }

    private static Factor<MatrixOperand, MatrixOperand> LinearGradients(ArrayView<float> g, ArrayView<float> a, int t, int p, int d) => Factor.Of(
        new MatrixOperand { Elements = g, RowStride = 1, DepthStride = p, Batches = BatchLayout.Contiguous(t * p) },
        new MatrixOperand { Elements = a, RowStride = 1, DepthStride = d, Batches = BatchLayout.Contiguous(t * d) }, t);

    /// <summary>For each group: grad_i = G_i (patches_i)^T.</summary>
    private void FormConvolution(ConvolutionGeometry s, int count, ArrayView<float> g, ArrayView<float> image, ArrayView<float> to, float beta) => algebra.Multiply(
        ConvolutionGradients(s, g, image), KernelShapes.ConvolutionGradients(s, count),
        new Destination(to, s.PatchSize, BatchLayout.Contiguous(s.OutChannelsPerGroup * s.PatchSize), 1, beta));

    private static Factor<MatrixOperand, TransposedPatchOperand> ConvolutionGradients(ConvolutionGeometry s, ArrayView<float> g, ArrayView<float> image) => Factor.Of(
        ChannelRows(s, g), new TransposedPatchOperand { Patches = new() { Image = image, Shape = new ConvolutionShape(s) } }, s.Positions);

    /// <summary>Backprops of a convolution, [channels, positions] for each (sample, group).</summary>
    private static MatrixOperand ChannelRows(ConvolutionGeometry s, ArrayView<float> g) =>
        new() { Elements = g, RowStride = s.Positions, DepthStride = 1, Batches = BatchLayout.Contiguous(s.OutChannelsPerGroup * s.Positions) };

    private void FormLookup(LayerCapture use, int first, int count, ArrayView<float> g, ArrayView<float> to, float beta)
    {
        int size = checked((int)use.WeightShape.Count), width = use.WeightColumns;
        if (beta == 0)
        {
            device.ForEach((long)count * size, new Fill<float> { Target = to, Value = 0 });
        }

        device.ForEach(count * width, new LookupScatter
        {
            Backprop = g, Indices = DeviceMemory.Of(use.Indices!), To = to, Positions = use.Positions, Width = new(width), Size = size, Padding = use.PaddingIndex, First = first,
        });
    }

    /// <summary>to[i, c] = beta to[i, c] + sum over positions of g (times x where there is an x), around the channel axis.</summary>
    private void Channels(ChannelLayout layout, int count, ArrayView<float> g, ArrayView<float> x, ArrayView<float> to, float beta)
    {
        var sums = new ChannelSums { Backprop = g, X = x, To = to, Layout = new ChannelWalk(layout), Size = layout.Count, Beta = beta };
        if (layout.Inner == 1)
        {
            // Neighbouring channels are neighbours in memory.
            device.ForEach(count * layout.Channels, sums);
        }
        else
        {
            device.ForEachRow(count * layout.Channels, sums);
        }
    }

    private static ArrayView<float> Samples(Tensor tensor, int batch, int first, int count)
    {
        int size = (int)(tensor.Count / Math.Max(1, batch));
        return DeviceMemory.Of(tensor).SubView((long)first * size, (long)count * size);
    }

    internal struct Accumulation : IStream
    {
        public ArrayView<float> X, Y;
        public float Beta;

        public readonly bool IsAligned => DeviceMemory.AreAligned(X, Y);

        public readonly void At<TWord>(int i)
            where TWord : struct, IWord<TWord>
        {
            TWord x = TWord.Load(X, i);
            TWord.Store(Y, i, Beta == 0 ? x : x + (TWord.Broadcast(Beta) * TWord.Load(Y, i)));
        }
    }

    /// <summary>One thread walks the positions of a sample for one column: nothing else writes there.</summary>
    internal struct LookupScatter : IElement
    {
        public ArrayView<float> Backprop, To;
        public ArrayView<int> Indices;
        public Divisor Width;
        public int Positions, Size, Padding, First;

        public readonly void At(int i)
        {
            int sample = Width.Quotient(i), column = Width.Remainder(i, sample);
            for (int t = 0; t < Positions; t++)
            {
                int index = Indices[((First + sample) * Positions) + t];
                if (index != Padding)
                {
                    To[(sample * Size) + (index * Width.Value) + column] += Backprop[(((sample * Positions) + t) * Width.Value) + column];
                }
            }
        }
    }

    /// <summary>By a thread (element) or by a warp (row) for each (sample, channel).</summary>
    internal struct ChannelSums : IElement, IRow
    {
        public ArrayView<float> Backprop, X, To;
        public ChannelWalk Layout;
        public int Size;
        public float Beta;

        readonly void IElement.At(int i) => Store(i, Sum(i, 0, 1));

        readonly void IRow.At<TWarp>(int row)
        {
            double sum = TWarp.Sum(Sum(row, TWarp.Lane, TWarp.Width));
            if (TWarp.Lane == 0)
            {
                Store(row, sum);
            }
        }

        private readonly double Sum(int i, int first, int step)
        {
            int sample = Layout.Channels.Quotient(i), start = sample * Size, channel = Layout.Channels.Remainder(i, sample);
            double sum = 0;
            for (int position = first; position < Layout.Positions; position += step)
            {
                int k = start + Layout.Index(channel, position);
                sum += X.Length == 0 ? Backprop[k] : (double)Backprop[k] * X[k];
            }

            return sum;
        }

        private readonly void Store(int i, double sum) => To[i] = (float)(Beta == 0 ? sum : sum + (Beta * To[i]));
    }
}
