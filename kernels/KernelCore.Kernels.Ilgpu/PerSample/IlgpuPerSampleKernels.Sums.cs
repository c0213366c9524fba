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
            using Tensor inputs = Squared(uses[0].Activation!), outputs = Squared(uses[0].Backprop);
            algebra.Gemm(
                true, false, scale, new Matrix(outputs, batch, uses[0].WeightRows), new Matrix(inputs, batch, uses[0].WeightColumns), beta,
                new Matrix(destination, uses[0].WeightRows, uses[0].WeightColumns));
            return;
        }

        int size = Size(uses, role), chunk = Chunk(batch, size);
        using Tensor block = device.Scratch([Math.Max(1, chunk), size]);
        for (int first = 0; first == 0 || first < batch; first += Math.Max(1, chunk))
        {
            int count = Math.Min(chunk, batch - first);
            Form(uses, role, first, count, block);
            device.ForEach(size, new ColumnSum
            {
                Values = DeviceMemory.Of(block), To = DeviceMemory.Of(destination), Rows = count, Columns = size, Scale = scale, Beta = first == 0 ? beta : 1, Squares = 1,
            });
        }
    }

    /// <summary>destination = beta destination + sum_i c_i grad_i of one use: one product over all samples and positions.</summary>
    private void AddSum(LayerCapture use, ParameterRole role, int batch, Tensor? coefficients, float beta, Tensor destination)
    {
        if (role == ParameterRole.Weight && use.Kind is CaptureKind.Linear or CaptureKind.Convolution)
        {
            using Tensor? scaled = coefficients is null ? null : Scaled(use.Backprop, coefficients);
            if (use.Kind == CaptureKind.Linear)
            {
                int rows = batch * use.Positions;
                algebra.Gemm(
                    true, false, 1, new Matrix(scaled ?? use.Backprop, rows, use.WeightRows), new Matrix(use.Activation!, rows, use.WeightColumns), beta,
                    new Matrix(destination, use.WeightRows, use.WeightColumns));
            }
            else
            {
                ConvolutionSum(use, batch, scaled ?? use.Backprop, beta, destination);
            }

            return;
        }

        if (role == ParameterRole.Weight && use.Kind == CaptureKind.Lookup)
        {
            ArrayView<float> to = DeviceMemory.Of(destination);
            device.ForEach((int)destination.Count, new Shrink { X = to, Factor = beta });
            device.ForEach(use.WeightColumns, new WeightedScatter
            {
                Backprop = DeviceMemory.Of(use.Backprop), Coefficients = DeviceMemory.Of(coefficients), Indices = DeviceMemory.Of(use.Indices!), To = to,
                Count = batch * use.Positions, Positions = use.Positions, Width = use.WeightColumns, Padding = use.PaddingIndex,
            });
            return;
        }

        int size = Size([use], role);
        using Tensor block = device.Scratch([batch, size]);
        Form([use], role, 0, batch, block);
        device.ForEach(size, new ColumnSum
        {
            Values = DeviceMemory.Of(block), Coefficients = DeviceMemory.Of(coefficients), To = DeviceMemory.Of(destination), Rows = batch, Columns = size, Scale = 1, Beta = beta,
        });
    }

    private void ConvolutionSum(LayerCapture use, int batch, Tensor backprop, float beta, Tensor destination)
    {
        ConvolutionGeometry s = use.Geometry!;
        var shape = new ConvolutionShape(s);
        algebra.Multiply(
            new SampleDepthOperand { Elements = DeviceMemory.Of(backprop), Positions = s.Positions, Rows = s.OutChannelsPerGroup, Groups = s.Groups },
            new PatchOperand { Image = DeviceMemory.Of(use.Activation!), Shape = shape, Sum = PatchSum.SamplesAndPositions },
            new ProductShape(s.Groups, s.OutChannelsPerGroup, s.PatchSize, batch * s.Positions),
            new Destination(DeviceMemory.Of(destination), s.PatchSize, BatchLayout.Contiguous(s.OutChannelsPerGroup * s.PatchSize), 1, beta));
    }

    private Tensor Scaled(Tensor x, Tensor coefficients)
    {
        Tensor scaled = device.Scratch(x.Shape);
        int size = coefficients.Count == 0 ? 1 : (int)(x.Count / coefficients.Count);
        device.ForEach((int)x.Count, new SampleScaling { X = DeviceMemory.Of(x), Coefficients = DeviceMemory.Of(coefficients), Y = DeviceMemory.Of(scaled), Size = size });
        return scaled;
    }

    private Tensor Squared(Tensor x)
    {
        Tensor squared = device.Scratch(x.Shape);
        device.Stream((int)x.Count, new Square { X = DeviceMemory.Of(x), Y = DeviceMemory.Of(squared) });
        return squared;
    }

    internal struct SampleScaling : IElement
    {
        public ArrayView<float> X, Coefficients, Y;
        public int Size;

        public readonly void At(int i) => Y[i] = X[i] * Coefficients[i / Size];
    }

    internal struct Square : IStream
    {
        public ArrayView<float> X, Y;

        public readonly bool IsAligned => DeviceMemory.AreAligned(X, Y);

        public readonly void At<TWord>(int i)
            where TWord : struct, IWord<TWord>
        {
            TWord x = TWord.Load(X, i);
            TWord.Store(Y, i, x * x);
        }
    }

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
        public int Count, Positions, Width, Padding;

        public readonly void At(int column)
        {
            for (int t = 0; t < Count; t++)
            {
                int index = Indices[t];
                if (index != Padding)
                {
                    float g = Backprop[(t * Width) + column];
                    To[(index * Width) + column] += Coefficients.Length == 0 ? g : Coefficients[t / Positions] * g;
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
