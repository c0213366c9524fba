using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuPerSampleKernels
{
    public void WeightedSum(ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor? coefficients, float beta, Tensor destination)
    {
        int batch = Validate(uses, role);
        for (int u = 0; u < uses.Length; u++)
        {
            AddSum(uses[u], role, batch, coefficients, u == 0 ? beta : 1, destination);
        }
    }

    public void SquaredSum(ReadOnlySpan<LayerCapture> uses, ParameterRole role, float scale, float beta, Tensor destination)
    {
        int batch = Validate(uses, role);
        if (role == ParameterRole.Weight && IsSingle(uses, CaptureKind.Linear) && uses[0].Positions == 1)
        {
            // (G o G)^T (A o A).
            int p = uses[0].WeightRows, d = uses[0].WeightColumns;
            algebra.MultiplyTo(
                new SquaredOperand { Operand = Columns(uses[0].Backprop, p) }, new SquaredOperand { Operand = Columns(uses[0].Activation!, d) },
                KernelShapes.Gemm(p, d, batch), new Destination(DeviceMemory.Of(destination), d, BatchLayout.Contiguous(0), scale, beta));
            return;
        }

        SumFormed(uses, role, coefficients: null, squares: true, scale, beta, destination);
    }

    /// <summary>destination = beta destination + sum_i c_i grad_i of one use: one product over all samples and positions.</summary>
    private void AddSum(LayerCapture use, ParameterRole role, int batch, Tensor? coefficients, float beta, Tensor destination)
    {
        ArrayView<float> to = DeviceMemory.Of(destination), factors = DeviceMemory.Of(coefficients);
        switch (role == ParameterRole.Weight ? use.Kind : CaptureKind.Broadcast)
        {
            case CaptureKind.Linear:
                LinearSum(use, batch, factors, beta, to);
                break;
            case CaptureKind.Convolution:
                ConvolutionSum(use, batch, factors, beta, to);
                break;
            case CaptureKind.Lookup:
                device.ForEach((int)destination.Count, new Shrink { X = to, Factor = beta });
                device.ForEach(use.WeightColumns, new WeightedScatter
                {
                    Backprop = DeviceMemory.Of(use.Backprop), Coefficients = factors, Indices = DeviceMemory.Of(use.Indices!), To = to,
                    Count = batch * use.Positions, Positions = new(use.Positions), Width = use.WeightColumns, Padding = use.PaddingIndex,
                });
                break;
            default:
                SumFormed([use], role, coefficients, squares: false, 1, beta, destination);
                break;
        }
    }

    private void LinearSum(LayerCapture use, int batch, ArrayView<float> coefficients, float beta, ArrayView<float> to)
    {
        int p = use.WeightRows, d = use.WeightColumns;
        MatrixOperand backprops = Columns(use.Backprop, p), activations = Columns(use.Activation!, d);
        ProductShape shape = KernelShapes.Gemm(p, d, batch * use.Positions);
        var sum = new Destination(to, d, BatchLayout.Contiguous(0), 1, beta);
        if (coefficients.Length == 0)
        {
            algebra.MultiplyTo(backprops, activations, shape, sum);
        }
        else
        {
            algebra.MultiplyTo(new ScaledOperand<MatrixOperand> { Operand = backprops, Coefficients = coefficients, Positions = new(use.Positions) }, activations, shape, sum);
        }
    }

    private void ConvolutionSum(LayerCapture use, int batch, ArrayView<float> coefficients, float beta, ArrayView<float> to)
    {
        ConvolutionGeometry s = use.Geometry!;
        int rows = s.OutChannelsPerGroup;
        var positions = new Divisor(s.Positions);
        var backprops = new SampleDepthOperand { Elements = DeviceMemory.Of(use.Backprop), Positions = positions, Rows = rows, SampleSize = s.Groups * rows * s.Positions };
        var patches = new TransposedPatchOperand { Patches = new() { Image = DeviceMemory.Of(use.Activation), Shape = new ConvolutionShape(s) } };
        ProductShape shape = KernelShapes.ConvolutionSum(s, batch);
        var sum = new Destination(to, s.PatchSize, BatchLayout.Contiguous(rows * s.PatchSize), 1, beta);
        if (coefficients.Length == 0)
        {
            algebra.MultiplyTo(backprops, patches, shape, sum);
        }
        else
        {
            algebra.MultiplyTo(new ScaledOperand<SampleDepthOperand> { Operand = backprops, Coefficients = coefficients, Positions = positions }, patches, shape, sum);
        }
    }

    /// <summary>Forms gradients for as many samples as fit the block, adds them to the destination, and goes on with the next.</summary>
    private void SumFormed(
        ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor? coefficients, bool squares, float scale, float beta, Tensor destination)
    {
        int batch = uses[0].Batch, size = Size(uses, role), chunk = Math.Max(1, Chunk(batch, size));
        using Tensor block = device.Scratch([chunk, size]);
        for (int first = 0; first == 0 || first < batch; first += chunk)
        {
            int count = Math.Min(chunk, batch - first);
            Form(uses, role, first, count, block);
            device.ForEach(size, new ColumnSum
            {
                Values = DeviceMemory.Of(block), Coefficients = coefficients is null ? ArrayView<float>.Empty : DeviceMemory.Of(coefficients).SubView(first, count),
                To = DeviceMemory.Of(destination), Rows = count, Columns = size, Scale = scale, Beta = first == 0 ? beta : 1, Squares = squares ? 1 : 0,
            });
        }
    }

    /// <summary>A matrix [depth, columns], to be summed over its depth.</summary>
    private static MatrixOperand Columns(Tensor tensor, int columns) =>
        new() { Elements = DeviceMemory.Of(tensor), RowStride = 1, DepthStride = columns, Batches = BatchLayout.Contiguous(0) };

    /// <summary>x = factor x; zeros, whatever x was, when the factor is 0.</summary>
    internal struct Shrink : IElement
    {
        public ArrayView<float> X;
        public float Factor;

        public readonly void At(int i) => X[i] = Factor == 0 ? 0 : Factor * X[i];
    }

    /// <summary>One thread walks all positions of all samples for one column: a fixed order, and nothing else writes there.</summary>
    internal struct WeightedScatter : IElement
    {
        public ArrayView<float> Backprop, Coefficients, To;
        public ArrayView<int> Indices;
        public int Count, Width, Padding;
        public Divisor Positions;

        public readonly void At(int column)
        {
            for (int t = 0; t < Count; t++)
            {
                int index = Indices[t];
                if (index != Padding)
                {
                    float g = Backprop[(t * Width) + column];
                    To[(index * Width) + column] += Coefficients.Length == 0 ? g : Coefficients[Positions.Quotient(t)] * g;
                }
            }
        }
    }

    /// <summary>to[c] = beta to[c] + scale sum over rows of c_i x_ic, or of x_ic^2, in double.</summary>
    internal struct ColumnSum : IElement
    {
        public ArrayView<float> Values, Coefficients, To;
        public int Rows, Columns, Squares;
        public float Scale, Beta;

        public readonly void At(int column)
        {
            double sum = 0;
            for (int row = 0; row < Rows; row++)
            {
                double value = Values[(row * Columns) + column];
                sum += Squares != 0 ? value * value : Coefficients.Length == 0 ? value : value * Coefficients[row];
            }

            sum *= Scale;
            To[column] = (float)(Beta == 0 ? sum : sum + (Beta * (double)To[column]));
        }
    }
}
