using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

/// <summary>Elementwise operations on matrices with row strides.</summary>
internal static unsafe class StridedRows
{
    /// <summary>y = beta y; with 0 the old content is not read.</summary>
    public static void Scale(float beta, float* y, int stride, int rows, int columns)
    {
        for (int r = 0; beta != 1 && r < rows; r++)
        {
            var row = new Span<float>(y + ((long)r * stride), columns);
            if (beta == 0)
            {
                row.Clear();
            }
            else
            {
                TensorPrimitives.Multiply(row, beta, row);
            }
        }
    }

    /// <summary>y = y + alpha x, x contiguous.</summary>
    public static void Add(float alpha, float* x, float* y, int stride, int rows, int columns)
    {
        if (stride == columns)
        {
            (rows, columns) = (1, rows * columns);
        }

        for (int r = 0; r < rows; r++)
        {
            var row = new Span<float>(y + ((long)r * stride), columns);
            TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>(x + ((long)r * columns), columns), alpha, row, row);
        }
    }

    /// <summary>y = y + scale x o x, x contiguous.</summary>
    public static void AddSquares(float scale, float* x, float* y, int stride, int rows, int columns)
    {
        if (stride == columns)
        {
            (rows, columns) = (1, rows * columns);
        }

        for (int r = 0; r < rows; r++)
        {
            Reductions.AddSquares(scale, x + ((long)r * columns), y + ((long)r * stride), columns);
        }
    }
}
