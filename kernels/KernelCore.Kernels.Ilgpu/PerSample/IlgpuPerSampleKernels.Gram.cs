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
                algebra.OwnGemm(
                    false, true, 1, new Matrix(leftBlock, height, size), new Matrix(rightBlock, width, size), accumulate ? 1 : 0,
                    new Matrix(gram, ((long)i * columns) + j, height, width, columns));
            }
        }
    }

    /// <summary>(A A'^T) o (G G'^T), one kernel.</summary>
    private void VectorGram(LayerCapture left, LayerCapture right, bool accumulate, Tensor gram) => algebra.Multiply(
        Factor.Hadamard(
            Factor.Of(Rows(left.Activation!, left.WeightColumns), Rows(right.Activation!, right.WeightColumns), left.WeightColumns),
            Factor.Of(Rows(left.Backprop, left.WeightRows), Rows(right.Backprop, right.WeightRows), left.WeightRows)),
        KernelShapes.VectorGram(left.Batch, right.Batch, left.WeightRows, left.WeightColumns),
        new Destination(DeviceMemory.Of(gram), right.Batch, BatchLayout.Contiguous(0), 1, accumulate ? 1 : 0));

    /// <summary>A tensor as one matrix.</summary>
    private static MatrixOperand Rows(Tensor tensor, int width) => Rows(DeviceMemory.Of(tensor), width, 0);

    /// <summary>Matrices of so many rows each; 0 for one matrix of all.</summary>
    private static MatrixOperand Rows(ArrayView<float> elements, int width, int rows) =>
        new() { Elements = elements, RowStride = width, DepthStride = 1, Batches = BatchLayout.Contiguous(rows * width) };
}
