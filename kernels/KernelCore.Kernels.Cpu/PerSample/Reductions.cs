using System.Numerics;

namespace KernelCore.Kernels.Cpu;

/// <summary>Sums of float32 products: vector lanes in float32 over blocks of 1024 elements, blocks added in double.</summary>
/// <remarks>
/// Within a block, element e goes to lane e mod (4 x vector width), so a lane adds at most 1024 / (4 x width) numbers;
/// the order depends on the vector width alone, not on addresses or threads. The tail is added in double.
/// Scalar equivalent: <c>sum += (double)x[i] * y[i]</c>.
/// </remarks>
internal static unsafe class Reductions
{
    private const int Block = 1024;

    /// <summary>x . y.</summary>
    public static double Dot(float* x, float* y, long count)
    {
        double total = 0;
        for (; count >= Block; count -= Block, x += Block, y += Block)
        {
            total += DotBlock(x, y, Block);
        }

        return total + DotBlock(x, y, (int)count);
    }

    /// <summary>Sum of the elementwise product of two matrices with row strides.</summary>
    public static double Dot(float* x, int strideX, float* y, int strideY, int rows, int columns)
    {
        if (strideX == columns && strideY == columns)
        {
            return Dot(x, y, (long)rows * columns);
        }

        double total = 0;
        for (int r = 0; r < rows; r++)
        {
            total += Dot(x + ((long)r * strideX), y + ((long)r * strideY), columns);
        }

        return total;
    }

    /// <summary>Sum of x.</summary>
    public static double Sum(float* x, long count)
    {
        double total = 0;
        for (; count >= Block; count -= Block, x += Block)
        {
            total += SumBlock(x, Block);
        }

        return total + SumBlock(x, (int)count);
    }

    /// <summary>y = y + scale x o x.</summary>
    public static void AddSquares(float scale, float* x, float* y, int count)
    {
        int width = Vector<float>.Count, i = 0;
        var factor = new Vector<float>(scale);
        for (; i <= count - width; i += width)
        {
            Vector<float> v = Vector.Load(x + i);
            Vector.MultiplyAddEstimate(factor * v, v, Vector.Load(y + i)).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = float.MultiplyAddEstimate(scale * x[i], x[i], y[i]);
        }
    }

    private static double DotBlock(float* x, float* y, int count)
    {
        int width = Vector<float>.Count, i = 0;
        Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
        for (; i <= count - (4 * width); i += 4 * width)
        {
            s0 = Vector.MultiplyAddEstimate(Vector.Load(x + i), Vector.Load(y + i), s0);
            s1 = Vector.MultiplyAddEstimate(Vector.Load(x + i + width), Vector.Load(y + i + width), s1);
            s2 = Vector.MultiplyAddEstimate(Vector.Load(x + i + (2 * width)), Vector.Load(y + i + (2 * width)), s2);
            s3 = Vector.MultiplyAddEstimate(Vector.Load(x + i + (3 * width)), Vector.Load(y + i + (3 * width)), s3);
        }

        for (; i <= count - width; i += width)
        {
            s0 = Vector.MultiplyAddEstimate(Vector.Load(x + i), Vector.Load(y + i), s0);
        }

        double total = Lanes((s0 + s1) + (s2 + s3));
        for (; i < count; i++)
        {
            total += (double)x[i] * y[i];
        }

        return total;
    }

    private static double SumBlock(float* x, int count)
    {
        int width = Vector<float>.Count, i = 0;
        Vector<float> s0 = default, s1 = default;
        for (; i <= count - (2 * width); i += 2 * width)
        {
            s0 += Vector.Load(x + i);
            s1 += Vector.Load(x + i + width);
        }

        double total = Lanes(s0 + s1);
        for (; i < count; i++)
        {
            total += x[i];
        }

        return total;
    }

    private static double Lanes(Vector<float> sum)
    {
        Vector.Widen(sum, out Vector<double> low, out Vector<double> high);
        return Vector.Sum(low + high);
    }
}
