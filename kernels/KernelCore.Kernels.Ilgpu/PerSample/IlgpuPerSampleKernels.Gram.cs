using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuPerSampleKernels
{
    public void Gram(ReadOnlySpan<LayerCapture> left, ReadOnlySpan<LayerCapture> right, ParameterRole role, bool accumulate, Tensor gram)
    {
        int rows = Validate(left, role), columns = Validate(right, role);
        if (role == ParameterRole.Weight && IsSingle(left, CaptureKind.Linear) && IsSingle(right, CaptureKind.Linear) && left[0].Positions == 1 && right[0].Positions == 1)
        {
            VectorGram(left[0], right[0], accumulate, gram);
            return;
        }

        int size = Size(left, role), leftChunk = Chunk(rows, size), rightChunk = Chunk(columns, size);
        using Tensor leftBlock = device.Scratch([leftChunk, size]), rightBlock = device.Scratch([rightChunk, size]);
        for (int i = 0; i < rows; i += leftChunk)
        {
            int height = Math.Min(leftChunk, rows - i);
            Form(left, role, i, height, leftBlock);
            for (int j = 0; j < columns; j += rightChunk)
            {
                int width = Math.Min(rightChunk, columns - j);
                Form(right, role, j, width, rightBlock);
                algebra.Gemm(
                    false, true, 1, new Matrix(leftBlock, height, size), new Matrix(rightBlock, width, size), accumulate ? 1 : 0,
                    new Matrix(gram, ((long)i * columns) + j, height, width, columns));
            }
        }
    }

    /// <summary>(A A'^T) o (G G'^T).</summary>
    private void VectorGram(LayerCapture left, LayerCapture right, bool accumulate, Tensor gram)
    {
        using Tensor inputs = device.Scratch([left.Batch, right.Batch]), outputs = device.Scratch([left.Batch, right.Batch]);
        Matrix Rows(LayerCapture use, Tensor tensor, int width) => new(tensor, use.Batch, width);
        algebra.Gemm(
            false, true, 1, Rows(left, left.Activation!, left.WeightColumns), Rows(right, right.Activation!, right.WeightColumns), 0,
            new Matrix(inputs, left.Batch, right.Batch));
        algebra.Gemm(
            false, true, 1, Rows(left, left.Backprop, left.WeightRows), Rows(right, right.Backprop, right.WeightRows), 0,
            new Matrix(outputs, left.Batch, right.Batch));
        device.Stream((int)gram.Count, new HadamardSum
        {
            X = DeviceMemory.Of(inputs), Y = DeviceMemory.Of(outputs), Gram = DeviceMemory.Of(gram), Accumulate = accumulate ? 1 : 0,
        });
    }

    internal struct HadamardSum : IStream
    {
        public ArrayView<float> X, Y, Gram;
        public int Accumulate;

        public readonly bool IsAligned => DeviceMemory.AreAligned(X, Y, Gram);

        public readonly void At<TWord>(int i)
            where TWord : struct, IWord<TWord>
        {
            TWord product = TWord.Load(X, i) * TWord.Load(Y, i);
            TWord.Store(Gram, i, Accumulate != 0 ? TWord.Load(Gram, i) + product : product);
        }
    }
}
