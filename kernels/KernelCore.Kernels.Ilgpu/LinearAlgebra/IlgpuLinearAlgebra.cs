namespace KernelCore.Kernels.Ilgpu;

/// <summary>Matrix products on the GPU.</summary>
internal sealed class IlgpuLinearAlgebra(IlgpuDevice device) : ILinearAlgebra
{
    /// <summary>Rows and columns of a tile.</summary>
    public int TileExtent => 4 * (device.Kind != DeviceKind.Emulator ? LargeGroup.Side : device.Precision == ProductPrecision.Single ? SmallGroup.Side : MediumGroup.Side);

    public void Gemm(bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias = null)
    {
        int depth = transposeA ? a.Rows : a.Columns;

        // A sum of no terms is 0, whatever alpha is.
        var to = new Destination(DeviceMemory.Of(c), c.Stride, BatchLayout.Contiguous(0), depth == 0 ? 0 : alpha, beta)
        {
            Bias = MatrixOperand.RowOf(DeviceMemory.Of(bias)),
        };
        Multiply(Factor.Of(Operand(a, transposed: transposeA), Operand(b, transposed: !transposeB), depth), KernelShapes.Gemm(c.Rows, c.Columns, depth), to);
    }

    /// <summary>Computes a batch of matrices and hands their elements to a sink.</summary>
    public void Multiply<TFactor, TSink>(in TFactor factor, ProductShape shape, in TSink sink)
        where TFactor : struct, IFactor
        where TSink : struct, ISink
    {
        switch (device.Precision, device.Kind)
        {
            case (ProductPrecision.Single, DeviceKind.Emulator):
                Launch<SingleTile<SmallGroup>, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductPrecision.Tf32, DeviceKind.Emulator):
                Launch<TensorTile<MediumGroup, Tf32, EmulatedTensorCore<Tf32>>, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductPrecision.Bf16, DeviceKind.Emulator):
                Launch<TensorTile<MediumGroup, Bf16, EmulatedTensorCore<Bf16>>, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductPrecision.Tf32, _):
                Launch<TensorTile<LargeGroup, Tf32, TensorCore<Tf32>>, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductPrecision.Bf16, _):
                Launch<TensorTile<LargeGroup, Bf16, TensorCore<Bf16>>, TFactor, TSink>(factor, shape, sink);
                break;
            default:
                Launch<SingleTile<LargeGroup>, TFactor, TSink>(factor, shape, sink);
                break;
        }
    }

    private void Launch<TTile, TFactor, TSink>(in TFactor factor, ProductShape shape, in TSink sink)
        where TTile : struct, ITile
        where TFactor : struct, IFactor
        where TSink : struct, ISink
    {
        var kernel = new Product<TTile, TFactor, TSink> { Factor = factor, Sink = sink, Rows = shape.Rows, Columns = shape.Columns };
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
