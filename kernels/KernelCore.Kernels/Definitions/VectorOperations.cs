using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definitions of the vector operations of <see cref="IParameterKernels"/>.</summary>
public static class VectorOperations
{
    /// <summary>y = alpha x + y.</summary>
    public static void Axpy<T>(T alpha, ReadOnlySpan<T> x, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] += alpha * x[i];
        }
    }

    /// <summary>x = alpha x.</summary>
    public static void Scale<T>(T alpha, Span<T> x)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < x.Length; i++)
        {
            x[i] *= alpha;
        }
    }

    /// <summary>x . y.</summary>
    public static T Dot<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : IFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    /// <summary>result[i] = sum over rows k of values[k, i].</summary>
    public static void SumRows<T>(ReadOnlySpan<T> values, Span<T> result)
        where T : IFloatingPointIeee754<T>
    {
        result.Clear();
        for (int k = 0; k < values.Length; k++)
        {
            result[k % result.Length] += values[k];
        }
    }

    /// <summary>x[i, :] *= factors[i].</summary>
    public static void ScaleRows<T>(ReadOnlySpan<T> factors, Span<T> x)
        where T : IFloatingPointIeee754<T>
    {
        for (int k = 0; k < x.Length; k++)
        {
            x[k] *= factors[k / (x.Length / factors.Length)];
        }
    }

    /// <summary>destination[i stride + j] = source[i, j].</summary>
    public static void CopyRows<T>(int columns, int stride, ReadOnlySpan<T> source, Span<T> destination)
        where T : IFloatingPointIeee754<T>
    {
        for (int k = 0; k < source.Length; k++)
        {
            destination[(k / columns * stride) + (k % columns)] = source[k];
        }
    }
}
