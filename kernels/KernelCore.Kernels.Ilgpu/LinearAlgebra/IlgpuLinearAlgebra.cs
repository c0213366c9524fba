using ILGPU;
using ILGPU.Runtime.Cuda;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Matrix products on the GPU.</summary>
internal sealed class IlgpuLinearAlgebra(IlgpuDevice device) : ILinearAlgebra, IDisposable
{
    /// <summary>Groups that a multiprocessor works on side by side.</summary>
    private const int GroupsEach = 4, WideGroupsEach = 2;

    private CuBlasGemm? _cuBlas;
    private ProductChoice? _choice;

    /// <summary>Rows and columns of a square, which is a tile or a quarter of one.</summary>
    public int TileExtent => 4 * (device.Kind != DeviceKind.Emulator ? LargeGroup.Side : device.Products == ProductMode.Own ? SmallGroup.Side : MediumGroup.Side);

    /// <summary>Who computes plain products, and why; empty where there is no choice.</summary>
    public string Choice => _choice?.Reason ?? "";

    /// <summary>Lets cuBLAS compute plain products: all of them, or where it is faster.</summary>
    /// <exception cref="BackendUnavailableException">It was asked for and cannot be used.</exception>
    public void OpenCuBlas(CudaAccelerator accelerator)
    {
        try
        {
            _cuBlas = new CuBlasGemm(device, accelerator);
            _choice = device.Products == ProductMode.CuBlas ? ProductChoice.CuBlas : ProductTrial.Run(device, OwnGemm, _cuBlas.Run);
        }
        catch (Exception error) when (CuBlasGemm.IsFailure(error))
        {
            _choice = device.Products == ProductMode.Measured
                ? ProductChoice.Own($"cuBLAS cannot be used, {error.Message}")
                : throw new BackendUnavailableException($"'{device.Name}' needs cuBLAS, which cannot be used: {error.Message}", error);
        }
    }

    public void Gemm(
        bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias = null, ActivatedOutput? activated = null)
    {
        // Of no terms or elements there is nothing to ask cuBLAS for, and with a factor of 0 it would not look at NaN in the operands.
        bool empty = c.Rows == 0 || c.Columns == 0 || (transposeA ? a.Rows : a.Columns) == 0 || alpha == 0;
        if (empty || _choice?.UsesCuBlas(transposeA, transposeB) != true)
        {
            OwnGemm(transposeA, transposeB, alpha, a, b, beta, c, bias, activated);
            return;
        }

        try
        {
            _cuBlas!.Run(transposeA, transposeB, alpha, a, b, beta, c, bias, activated);
        }
        catch (CuBlasException error)
        {
            throw new KernelCoreException($"cuBLAS failed on {device.Name}: {error.Error}; a device that ends in ':own' does without it", error);
        }
    }

    /// <summary>The same by own kernels, every element summed in the same order: the product of a matrix with its own transpose is exactly symmetric.</summary>
    public void OwnGemm(
        bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias = null, ActivatedOutput? activated = null)
    {
        int depth = transposeA ? a.Rows : a.Columns;

        // A sum of no terms is 0, whatever alpha is.
        var to = new Destination(DeviceMemory.Of(c), c.Stride, BatchLayout.Contiguous(0), depth == 0 ? 0 : alpha, beta)
        {
            Bias = MatrixOperand.RowOf(DeviceMemory.Of(bias)),
        };
        ProductShape shape = activated is null ? KernelShapes.Gemm(c.Rows, c.Columns, depth) : KernelShapes.ActivatedGemm(c.Rows, c.Columns, depth);
        DestinationDispatch.Run(to, activated, new MatrixProduct(this, Operand(a, transposed: transposeA), Operand(b, transposed: !transposeB), shape));
    }

    /// <summary>Stores a batch of matrices L R^T. Where they are small and the depth is great, groups share the depth.</summary>
    public void MultiplyTo<TLeft, TRight, TTo>(TLeft left, TRight right, ProductShape shape, in TTo to)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand
        where TTo : struct, IDestination
    {
        DepthSplit split = Split(shape);
        if (split.Parts == 1)
        {
            Multiply(Factor.Of(left, right, shape.Depth), shape, to);
        }
        else
        {
            MultiplyInParts(left, right, shape, split, to);
        }
    }

    /// <summary>The same, one product for each part of the depth. Their sums have a fixed order.</summary>
    internal void MultiplyInParts<TLeft, TRight, TTo>(TLeft left, TRight right, ProductShape shape, DepthSplit split, in TTo to)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand
        where TTo : struct, IDestination
    {
        int size = shape.Rows * shape.Columns;
        using Tensor scratch = device.Scratch([shape.Batch * split.Parts, size]);
        ArrayView<float> products = DeviceMemory.Of(scratch);
        Multiply(
            Factor.InParts(left, right, shape.Depth, split), shape with { Batch = shape.Batch * split.Parts, Depth = split.Depth },
            new Destination(products, shape.Columns, BatchLayout.Contiguous(size)));
        device.ForEach((long)shape.Batch * size, new PartSum<TTo> { Products = products, To = to, Parts = split.Parts, Size = new(size), Columns = new(shape.Columns) });
    }

    /// <summary>Computes a batch of matrices and hands their elements to a sink.</summary>
    public void Multiply<TFactor, TSink>(in TFactor factor, ProductShape shape, in TSink sink)
        where TFactor : struct, IFactor
        where TSink : struct, ISink
    {
        // Registers do not hold the wide sums of two products.
        bool wide = TFactor.Held == 1 && IsWide(shape);
        switch (device.Products, device.Kind)
        {
            case (ProductMode.Tf32, DeviceKind.Emulator) when wide:
                Launch<WideTensorTile<MediumGroup, Tf32, EmulatedTensorCore<Tf32>>, Quads, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductMode.Tf32, DeviceKind.Emulator):
                Launch<TensorTile<MediumGroup, Tf32, EmulatedTensorCore<Tf32>>, Quad, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductMode.Bf16, DeviceKind.Emulator) when wide:
                Launch<WideTensorTile<MediumGroup, Bf16, EmulatedTensorCore<Bf16>>, Quads, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductMode.Bf16, DeviceKind.Emulator):
                Launch<TensorTile<MediumGroup, Bf16, EmulatedTensorCore<Bf16>>, Quad, TFactor, TSink>(factor, shape, sink);
                break;
            case (_, DeviceKind.Emulator) when wide:
                Launch<WideTile<SmallGroup>, Quads, TFactor, TSink>(factor, shape, sink);
                break;
            case (_, DeviceKind.Emulator):
                Launch<SingleTile<SmallGroup>, Quad, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductMode.Tf32, _) when wide:
                Launch<WideTensorTile<LargeGroup, Tf32, TensorCore<Tf32>>, Quads, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductMode.Tf32, _):
                Launch<TensorTile<LargeGroup, Tf32, TensorCore<Tf32>>, Quad, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductMode.Bf16, _) when wide:
                Launch<WideTensorTile<LargeGroup, Bf16, TensorCore<Bf16>>, Quads, TFactor, TSink>(factor, shape, sink);
                break;
            case (ProductMode.Bf16, _):
                Launch<TensorTile<LargeGroup, Bf16, TensorCore<Bf16>>, Quad, TFactor, TSink>(factor, shape, sink);
                break;
            default:
                if (wide)
                {
                    Launch<WideTile<LargeGroup>, Quads, TFactor, TSink>(factor, shape, sink);
                }
                else
                {
                    Launch<SingleTile<LargeGroup>, Quad, TFactor, TSink>(factor, shape, sink);
                }

                break;
        }
    }

    /// <summary>One part where wide tiles fill the device, else as many as let them, else as many as small tiles need.</summary>
    private DepthSplit Split(ProductShape shape)
    {
        DepthSplit wide = IsWide(shape) ? new(1, shape.Depth) : DepthSplit.Of(shape, 2 * TileExtent, WideGroupsEach * device.Multiprocessors);
        return IsWide(shape with { Batch = shape.Batch * wide.Parts }) ? wide : DepthSplit.Of(shape, TileExtent, GroupsEach * device.Multiprocessors);
    }

    /// <summary>Whether tiles of four squares are filled by the matrices, and fill the device. Not by OpenCL, for whose GPUs nobody has measured it.</summary>
    private bool IsWide(ProductShape shape) =>
        device.Kind != DeviceKind.OpenCl && Math.Min(shape.Rows, shape.Columns) > TileExtent
        && 4L * LaunchGrid.Tiles(shape, 2 * TileExtent) >= 3 * device.Multiprocessors;

    public void Dispose() => _cuBlas?.Dispose();

    private void Launch<TTile, TSums, TFactor, TSink>(in TFactor factor, ProductShape shape, in TSink sink)
        where TTile : struct, ITile<TSums>
        where TSums : struct
        where TFactor : struct, IFactor
        where TSink : struct, ISink
    {
        int extent = 4 * TTile.Side * TTile.Reach;
        var kernel = new Product<TTile, TSums, TFactor, TSink>
        {
            Factor = factor, Sink = sink, Rows = shape.Rows, Columns = shape.Columns,
            Tiles = new(LaunchGrid.Tiles(shape with { Batch = 1 }, extent)), Across = new(LaunchGrid.Tiles(shape with { Batch = 1, Rows = 1 }, extent)),
        };
        device.Launch(kernel, LaunchGrid.Tiles(shape, extent), TTile.Side * TTile.Side);
    }

    private readonly struct MatrixProduct(IlgpuLinearAlgebra algebra, MatrixOperand left, MatrixOperand right, ProductShape shape) : IDestinationUse
    {
        public void With<TTo>(in TTo to)
            where TTo : struct, IDestination => algebra.MultiplyTo(left, right, shape, to);
    }

    private static MatrixOperand Operand(Matrix matrix, bool transposed) => new()
    {
        Elements = DeviceMemory.Of(matrix),
        RowStride = transposed ? 1 : matrix.Stride,
        DepthStride = transposed ? matrix.Stride : 1,
        Batches = BatchLayout.Contiguous(0),
    };
}
