using KernelCore.Kernels;

namespace KernelCore.Gradients;

/// <summary>Copies rows between matrices of different width.</summary>
internal static class TensorRows
{
    /// <summary>destination[i, 0..width) = source[i, :] for every row; at no cost beyond the copy on host devices.</summary>
    /// <param name="source">Contiguous, rows x width.</param>
    /// <param name="destination">Where to: as many rows, at least as many columns.</param>
    public static void Copy(Tensor source, Matrix destination)
    {
        int width = destination.Columns;
        if (destination.Tensor.Device.Kind != DeviceKind.Cpu)
        {
            float[] values = source.ToArray();
            for (int row = 0; row < destination.Rows; row++)
            {
                destination.Tensor.Buffer.CopyFrom(Start(destination, row), values.AsSpan(row * width, width));
            }

            return;
        }

        Span<float> from = source.Span;
        if (destination.Stride == width)
        {
            from.CopyTo(destination.Tensor.Span[(int)destination.Offset..]);
            return;
        }

        Span<float> to = destination.Tensor.Span[(int)destination.Offset..];
        for (int row = 0; row < destination.Rows; row++)
        {
            from.Slice(row * width, width).CopyTo(to[(row * destination.Stride)..]);
        }
    }

    private static long Start(Matrix matrix, int row) => matrix.Tensor.Offset + matrix.Offset + ((long)row * matrix.Stride);
}
