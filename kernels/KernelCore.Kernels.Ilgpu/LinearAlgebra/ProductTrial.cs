using System.Diagnostics;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>A way to compute <see cref="ILinearAlgebra.Gemm"/>.</summary>
internal delegate void GemmCall(bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias, ActivatedOutput? activated);

/// <summary>Times two ways to compute products.</summary>
internal static class ProductTrial
{
    private const int Samples = 256, Width = 1024, Runs = 5, Repeats = 10;

    /// <summary>
    /// The products of a linear layer, 256 samples and 1024 x 1024 weights, in all transpositions: median of five runs of ten,
    /// after one to warm up.
    /// </summary>
    public static ProductChoice Run(Device device, GemmCall own, GemmCall cuBlas)
    {
        using Tensor wide = device.Allocate([Samples, Width]), square = device.Allocate([Width, Width]), result = device.Allocate([Width, Width]);
        var timings = new List<ProductTiming>();
        foreach (bool transposeA in (bool[])[false, true])
        {
            foreach (bool transposeB in (bool[])[false, true])
            {
                // Transposed on the left: a weight gradient, summed over the samples.
                Matrix a = Matrix.Of(wide), b = !transposeA ? Matrix.Of(square) : transposeB ? new Matrix(wide, Width, Samples) : Matrix.Of(wide);
                var c = new Matrix(result, transposeA ? Width : Samples, Width);
                double Time(GemmCall call) => Median(() => call(transposeA, transposeB, 1, a, b, 0, c, null, null), device.Synchronize);
                timings.Add(new ProductTiming(transposeA, transposeB, Time(own), Time(cuBlas)));
            }
        }

        return ProductChoice.Of([.. timings]);
    }

    private static double Median(Action product, Action synchronize)
    {
        product();
        synchronize();
        var seconds = new double[Runs];
        for (int i = 0; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int k = 0; k < Repeats; k++)
            {
                product();
            }

            synchronize();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds / Repeats;
        }

        Array.Sort(seconds);
        return seconds[Runs / 2];
    }
}
