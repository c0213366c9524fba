using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

public sealed unsafe class Im2ColTests
{
    private static readonly ConvolutionGeometry Geometry = new(3, 1, 1, 6, 7, 3, 2, 2, 3, 1, 2, 1, 2, 3, 3);

    [Fact]
    public void PatchesHoldWhatTheKernelSees()
    {
        float[] image = TestNumbers.Normal(1, Geometry.InputSize), patches = new float[Geometry.PatchSize * Geometry.Positions];
        fixed (float* source = image, destination = patches)
        {
            new Im2Col(Geometry).Gather(source, 0, Geometry.PatchSize, 0, Geometry.OutHeight, destination, Geometry.Positions);
        }

        for (int d = 0; d < Geometry.PatchSize; d++)
        {
            for (int t = 0; t < Geometry.Positions; t++)
            {
                int row = (t / 3 * 2) + (d / 2 % 3) - 1, column = (t % 3 * 3) + (d % 2 * 2) - 2;
                bool inside = row >= 0 && row < 6 && column >= 0 && column < 7;
                Assert.Equal(inside ? image[(d / 6 * 42) + (row * 7) + column] : 0, patches[(d * Geometry.Positions) + t]);
            }
        }
    }

    [Fact]
    public void StripsAreWindowsOnTheWhole()
    {
        float[] image = TestNumbers.Normal(1, Geometry.InputSize), whole = new float[Geometry.PatchSize * Geometry.Positions];
        var strip = new float[4 * 2 * Geometry.OutWidth];
        fixed (float* source = image, all = whole, part = strip)
        {
            new Im2Col(Geometry).Gather(source, 0, Geometry.PatchSize, 0, Geometry.OutHeight, all, Geometry.Positions);
            new Im2Col(Geometry).Gather(source, row: 5, rows: 4, outRow: 1, outRows: 2, part, stride: 2 * Geometry.OutWidth);
        }

        for (int i = 0; i < strip.Length; i++)
        {
            Assert.Equal(whole[((5 + (i / 6)) * Geometry.Positions) + Geometry.OutWidth + (i % 6)], strip[i]);
        }
    }

    [Fact]
    public void ScatterIsTheTransposeOfGather()
    {
        int count = Geometry.PatchSize * Geometry.Positions;
        float[] image = TestNumbers.Normal(1, Geometry.InputSize), cotangent = TestNumbers.Normal(2, count);
        float[] patches = new float[count], gradient = new float[Geometry.InputSize];
        fixed (float* x = image, p = patches, g = cotangent, gx = gradient)
        {
            new Im2Col(Geometry).Gather(x, 0, Geometry.PatchSize, 0, Geometry.OutHeight, p, Geometry.Positions);
            new Im2Col(Geometry).Scatter(g, 0, Geometry.PatchSize, 0, Geometry.OutHeight, gx);
        }

        double left = 0, right = 0, magnitude = 0;
        for (int i = 0; i < count; i++)
        {
            left += (double)patches[i] * cotangent[i];
            magnitude += Math.Abs((double)patches[i] * cotangent[i]);
        }

        for (int i = 0; i < image.Length; i++)
        {
            right += (double)image[i] * gradient[i];
        }

        // A pixel's gradient sums at most one term per tap of the kernel.
        Assert.InRange(left - right, -TestNumbers.Gamma(6) * magnitude, TestNumbers.Gamma(6) * magnitude);
    }
}
