using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Matrix products on the GPU.</summary>
internal sealed class IlgpuLinearAlgebra(IlgpuDevice device) : ILinearAlgebra
{
    public void Gemm(bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias = null) => Multiply(
        Operand(a, transposed: transposeA), Operand(b, transposed: !transposeB), KernelShapes.Gemm(c.Rows, c.Columns, transposeA ? a.Rows : a.Columns),
        new Destination(DeviceMemory.Of(c), c.Stride, BatchLayout.Contiguous(0), alpha, beta) { Bias = DeviceMemory.Of(bias) });

    /// <summary>A batched product of any operands; each gives rows of the result by terms of the sum.</summary>
    public void Multiply<TLeft, TRight>(TLeft left, TRight right, ProductShape shape, Destination to)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand
    {
        if (device.Kind == DeviceKind.Emulator)
        {
            Launch<SmallTile, TLeft, TRight>(left, right, shape, to);
        }
        else
        {
            Launch<LargeTile, TLeft, TRight>(left, right, shape, to);
        }
    }

    private void Launch<TTile, TLeft, TRight>(TLeft left, TRight right, ProductShape shape, Destination to)
        where TTile : struct, ITile
        where TLeft : struct, IOperand
        where TRight : struct, IOperand
    {
        var kernel = new Product<TTile, TLeft, TRight>
        {
            Left = left, Right = right, C = to.C, Bias = to.Bias, Rows = shape.Rows, Columns = shape.Columns, Depth = shape.Depth, Stride = to.Stride,
            Batches = to.Batches, Alpha = to.Alpha, Beta = to.Beta, BiasGroups = to.BiasGroups,
        };
        device.Launch(kernel, LaunchGrid.Tiles(shape, 4 * TTile.Side), TTile.Side * TTile.Side);
    }

    private static MatrixOperand Operand(Matrix matrix, bool transposed) => new()
    {
        Elements = DeviceMemory.Of(matrix),
        RowStride = transposed ? 1 : matrix.Stride,
        DepthStride = transposed ? matrix.Stride : 1,
        Batches = BatchLayout.Contiguous(0),
    };
}
