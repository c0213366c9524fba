using KernelCore.Models;

namespace KernelCore.Tests.Models;

/// <summary>Convolution and pooling of one sample in double, window by window. Signals are images of height 1.</summary>
internal static class ReferenceWindows
{
    public static Value Convolve(
        Value x, double[] weight, double[]? bias, int channels, int groups, (int Y, int X) kernel, (int Y, int X) stride, Padding2D padding, (int Y, int X) dilation)
    {
        int inChannels = x.Shape[0], height = x.Shape.Length == 3 ? x.Shape[1] : 1, width = x.Last;
        var (top, outHeight) = Along(padding.Same, padding.Height, height, kernel.Y, stride.Y, dilation.Y);
        var (left, outWidth) = Along(padding.Same, padding.Width, width, kernel.X, stride.X, dilation.X);
        int perGroup = inChannels / groups;
        var y = new double[channels * outHeight * outWidth];
        for (int i = 0; i < y.Length; i++)
        {
            int o = i / (outHeight * outWidth), v = i / outWidth % outHeight, u = i % outWidth;
            y[i] = bias?[o] ?? 0;
            for (int k = 0; k < perGroup * kernel.Y * kernel.X; k++)
            {
                int c = k / (kernel.Y * kernel.X), row = (v * stride.Y) - top + (k / kernel.X % kernel.Y * dilation.Y), column = (u * stride.X) - left + (k % kernel.X * dilation.X);
                bool inside = row >= 0 && row < height && column >= 0 && column < width;
                int channel = (o / (channels / groups) * perGroup) + c;
                y[i] += inside ? weight[(o * perGroup * kernel.Y * kernel.X) + k] * x.Data[(((channel * height) + row) * width) + column] : 0;
            }
        }

        return new Value(y, x.Shape.Length == 3 ? [channels, outHeight, outWidth] : [channels, outWidth]);
    }

    /// <summary>Reduces what each window sees of the image; padding is not seen.</summary>
    public static Value Pool(Value x, (int Y, int X) kernel, (int Y, int X) stride, (int Y, int X) padding, Func<IEnumerable<double>, double> reduce)
    {
        int height = x.Shape[1], width = x.Shape[2];
        int outHeight = Along(false, padding.Y, height, kernel.Y, stride.Y, 1).Out, outWidth = Along(false, padding.X, width, kernel.X, stride.X, 1).Out;
        var y = new double[x.Shape[0] * outHeight * outWidth];
        for (int i = 0; i < y.Length; i++)
        {
            int plane = i / (outHeight * outWidth), top = (i / outWidth % outHeight * stride.Y) - padding.Y, left = (i % outWidth * stride.X) - padding.X;
            y[i] = reduce(
                from row in Enumerable.Range(top, kernel.Y)
                from column in Enumerable.Range(left, kernel.X)
                where row >= 0 && row < height && column >= 0 && column < width
                select x.Data[(((plane * height) + row) * width) + column]);
        }

        return new Value(y, [x.Shape[0], outHeight, outWidth]);
    }

    private static (int Before, int Out) Along(bool same, int padding, int extent, int kernel, int stride, int dilation)
    {
        int span = dilation * (kernel - 1), total = same ? span : 2 * padding;
        return (same ? span / 2 : padding, ((extent + total - span - 1) / stride) + 1);
    }
}
