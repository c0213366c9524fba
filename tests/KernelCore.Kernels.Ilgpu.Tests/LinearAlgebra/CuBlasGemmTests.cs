using ILGPU;
using KernelCore.Conformance;

namespace KernelCore.Kernels.Ilgpu.Tests;

/// <summary>What surrounds the call of cuBLAS, without the library: its arguments, and what follows.</summary>
public class CuBlasGemmTests
{
    public static TheoryData<bool, bool, int, int, int> Products
    {
        get
        {
            var data = new TheoryData<bool, bool, int, int, int>();
            foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 1, 1), (3, 5, 7), (7, 1, 4), (1, 6, 5), (4, 4, 4)])
            {
                data.Add(false, false, m, n, k);
                data.Add(false, true, m, n, k);
                data.Add(true, false, m, n, k);
                data.Add(true, true, m, n, k);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void Its_arguments_give_the_row_major_product(bool transposeA, bool transposeB, int m, int n, int k)
    {
        const float Alpha = 0.5f, Beta = -2;
        using Device device = new Cpu.CpuDevice(1);
        Matrix a = Window(device, 1, transposeA ? k : m, transposeA ? m : k, gap: 2), b = Window(device, 2, transposeB ? n : k, transposeB ? k : n, gap: 3);
        Matrix c = Window(device, 3, m, n, gap: 1);
        double[] x = DoubleArrays.Widen(a.Tensor), y = DoubleArrays.Widen(b.Tensor), expected = DoubleArrays.Widen(c.Tensor), actual = DoubleArrays.Widen(c.Tensor);
        Definitions.Gemm.Multiply<double>(transposeA, transposeB, m, n, k, Alpha, x, a.Stride, y, b.Stride, Beta, expected, c.Stride, []);

        var call = ColumnMajorGemm.Of(transposeA, transposeB, a, b, c);
        ColumnMajor(call, Alpha, y, x, Beta, actual);
        Assert.Equal(expected, actual);
        a.Tensor.Dispose();
        b.Tensor.Dispose();
        c.Tensor.Dispose();
    }

    [Fact]
    public void Bias_and_activation_follow_inside_the_window()
    {
        const int Rows = 3, Columns = 5, Stride = 7;
        using var device = (IlgpuDevice)new IlgpuBackend().Open("ilgpu:emulator");
        float[] old = TestNumbers.Normal(1, Rows * Stride), bias = TestNumbers.Normal(2, Columns);
        using Tensor c = device.Allocate([old.Length], old), row = device.Allocate([Columns], bias), f = device.Allocate([Rows, Columns]);
        ArrayView<float> elements = DeviceMemory.Of(c);
        var to = new Destination(elements, Stride, BatchLayout.Contiguous(0)) { Bias = MatrixOperand.RowOf(DeviceMemory.Of(row)) };
        var activated = new ActivatedDestination<Relu>(to, DeviceMemory.Of(f), Columns, 0);
        device.ForEach(Rows * Columns, new CuBlasGemm.Finish<ActivatedDestination<Relu>> { C = elements, To = activated, Columns = new(Columns), Stride = Stride });
        float[] sums = [.. old.Select((value, i) => i % Stride < Columns ? value + bias[i % Stride] : value)];
        Assert.Equal(sums, c.ToArray());
        Assert.Equal(sums.Where((_, i) => i % Stride < Columns).Select(value => Math.Max(0, value)), f.ToArray());
    }

    /// <summary>What the documentation of cublasSgemm says, element by element.</summary>
    private static void ColumnMajor(ColumnMajorGemm call, double alpha, double[] a, double[] b, double beta, double[] c)
    {
        Assert.True(call.FirstStride >= (call.TransposeFirst ? call.Depth : call.Rows), "lda");
        Assert.True(call.SecondStride >= (call.TransposeSecond ? call.Columns : call.Depth), "ldb");
        Assert.True(call.ResultStride >= call.Rows, "ldc");
        for (int i = 0; i < call.Rows; i++)
        {
            for (int j = 0; j < call.Columns; j++)
            {
                double sum = 0;
                for (int p = 0; p < call.Depth; p++)
                {
                    double left = call.TransposeFirst ? a[(i * call.FirstStride) + p] : a[(p * call.FirstStride) + i];
                    sum += left * (call.TransposeSecond ? b[(p * call.SecondStride) + j] : b[(j * call.SecondStride) + p]);
                }

                ref double element = ref c[(j * call.ResultStride) + i];
                element = (alpha * sum) + (beta * element);
            }
        }
    }

    private static Matrix Window(Device device, ulong stream, int rows, int columns, int gap)
    {
        int stride = columns + gap;
        return new Matrix(device.Allocate([rows * stride], TestNumbers.Normal(stream, rows * stride)), 0, rows, columns, stride);
    }
}
