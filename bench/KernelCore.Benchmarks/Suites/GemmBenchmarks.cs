using BenchmarkDotNet.Attributes;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>Matrix products of the shapes that training a classifier meets, in GFLOP/s. Compare with <see cref="PeakBenchmarks"/>.</summary>
[GflopsColumn]
[BenchmarkCategory("gemm")]
public class GemmBenchmarks
{
    private CpuDevice _device = null!;
    private Matrix _a, _b, _c;
    private bool _transposeA, _transposeB;

    /// <summary>Rows x columns x terms.</summary>
    [Params("32x32x32", "128x128x128", "512x512x512", "1024x1024x1024", "256x512x784", "256x10x512", "10x512x256", "16x784x144", "1x512x512")]
    public string Shape { get; set; } = "";

    /// <summary>Which operands are stored transposed: NN, NT (a layer's forward pass), TN (its weight gradient), TT.</summary>
    [Params("NN", "NT", "TN")]
    public string Form { get; set; } = "";

    /// <summary>Worker threads.</summary>
    [Params(1, 0)]
    public int Threads { get; set; }

    /// <summary>Multiplications and additions of one call.</summary>
    public static double Flops(string shape) => Array.ConvertAll(shape.Split('x'), double.Parse).Aggregate(2.0, (product, extent) => product * extent);

    [GlobalSetup]
    public void Setup()
    {
        int[] extents = Array.ConvertAll(Shape.Split('x'), int.Parse);
        (int m, int n, int k) = (extents[0], extents[1], extents[2]);
        (_transposeA, _transposeB) = (Form[0] == 'T', Form[1] == 'T');
        _device = new CpuDevice(Threads == 0 ? Environment.ProcessorCount : Threads);
        _a = _transposeA ? Normal(k, m, 1) : Normal(m, k, 1);
        _b = _transposeB ? Normal(n, k, 2) : Normal(k, n, 2);
        _c = Normal(m, n, 3);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _a.Tensor.Dispose();
        _b.Tensor.Dispose();
        _c.Tensor.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void Gemm() => _device.Kernels.LinearAlgebra.Gemm(_transposeA, _transposeB, 1, _a, _b, 0, _c);

    private Matrix Normal(int rows, int columns, ulong stream)
    {
        Tensor tensor = _device.Allocate([rows, columns]);
        for (int i = 0; i < tensor.Count; i++)
        {
            tensor.Span[i] = Philox.Normal(1, stream, (ulong)i);
        }

        return Matrix.Of(tensor);
    }
}
