using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace KernelCore.Kernels.Ilgpu;

/// <summary><see cref="ILinearAlgebra.Gemm"/> by NVIDIA's cuBLAS, in float32 throughout, on the device's stream.</summary>
/// <remarks>Without atomics cuBLAS gives the same bits for the same shapes, library and GPU; it does not say in which order it sums.</remarks>
internal sealed class CuBlasGemm : IDisposable
{
    private readonly IlgpuDevice _device;
    private readonly CuBlas _library;

    /// <exception cref="Exception">The library is missing or does not start: see <see cref="IsFailure"/>.</exception>
    public CuBlasGemm(IlgpuDevice device, CudaAccelerator accelerator)
    {
        _device = device;
        _library = new CuBlas(accelerator);
        try
        {
            _library.MathMode = CuBlasMathMode.DefaultMath;
            _library.AtomicsMode = CuBlasAtomicsMode.NotAllowed;
        }
        catch
        {
            _library.Dispose();
            throw;
        }
    }

    /// <summary>Whether one of the library's versions that ILGPU knows is there, or 13, which does as 12.</summary>
    public static bool IsInstalled => Array.Exists([13, 12, 11, 10], version => NativeLibrary.TryLoad(FileName(version), out _));

    /// <summary>What a version of the library is called.</summary>
    public static string FileName(int version) => OperatingSystem.IsWindows() ? $"cublas64_{version}.dll" : $"libcublas.so.{version}";

    /// <summary>Whether an exception says that the library is missing or failed.</summary>
    public static bool IsFailure(Exception error) => error is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or CuBlasException;

    /// <summary>Computes a product of at least one term. A factor alpha of 0 keeps cuBLAS from looking at the operands.</summary>
    public void Run(bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias, ActivatedOutput? activated)
    {
        var call = ColumnMajorGemm.Of(transposeA, transposeB, a, b, c);
        ArrayView<float> to = DeviceMemory.Of(c);
        _library.Gemm(
            Operation(call.TransposeFirst), Operation(call.TransposeSecond), call.Rows, call.Columns, call.Depth, alpha,
            DeviceMemory.Of(b), call.FirstStride, DeviceMemory.Of(a), call.SecondStride, beta, to, call.ResultStride);
        if (bias is not null || activated is not null)
        {
            var finished = new Destination(to, c.Stride, BatchLayout.Contiguous(0)) { Bias = MatrixOperand.RowOf(DeviceMemory.Of(bias)) };
            DestinationDispatch.Run(finished, activated, new Finishing(_device, c));
        }
    }

    public void Dispose() => _library.Dispose();

    private static CuBlasOperation Operation(bool transpose) => transpose ? CuBlasOperation.Transpose : CuBlasOperation.NonTranspose;

    private readonly struct Finishing(IlgpuDevice device, Matrix c) : IDestinationUse
    {
        public void With<TTo>(in TTo to)
            where TTo : struct, IDestination =>
            device.ForEach(KernelShapes.Add(c.Rows, c.Columns), new Finish<TTo> { C = DeviceMemory.Of(c), To = to, Columns = new(c.Columns), Stride = c.Stride });
    }

    /// <summary>What a destination does besides the product, to one that is stored: in place, element by element.</summary>
    internal struct Finish<TTo> : IElement
        where TTo : struct, IDestination
    {
        public ArrayView<float> C;
        public TTo To;
        public Divisor Columns;
        public int Stride;

        public readonly void At(int i)
        {
            int row = Columns.Quotient(i), column = Columns.Remainder(i, row);
            To.Store(To.Start(0), row, column, C[(row * Stride) + column]);
        }
    }
}
