namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuParameterKernels
{
    public void SumRows(Tensor values, Tensor result)
    {
        int columns = (int)result.Count;
        var body = new SumRowsBody
        {
            Rows = columns == 0 ? 0 : (int)(values.Count / columns), Columns = columns, Values = HostMemory.Of(values), Result = HostMemory.Of(result),
        };
        int blocks = Parallelism.Chunks(columns, Reduction.ColumnBlock);
        RangeLoop.Run(device.Pool, blocks, Parallelism.Elements((long)body.Rows * Reduction.ColumnBlock), ref body);
    }

    public void ScaleRows(Tensor factors, Tensor x)
    {
        int rows = (int)factors.Count;
        float* values = HostMemory.Of(x);
        var layout = new ChannelLayout(1, rows, rows == 0 ? 0 : (int)(x.Count / rows));
        Channels.Run(device.Pool, layout, new ChannelAffine { X = values, Y = values, Gamma = HostMemory.Of(factors) });
    }

    public void CopyRows(Tensor source, Matrix destination)
    {
        Span<float> from = source.Span, to = destination.Tensor.Span[(int)destination.Offset..];
        int width = destination.Columns;
        if (destination.Stride == width)
        {
            from.CopyTo(to);
            return;
        }

        for (int row = 0; row < destination.Rows; row++)
        {
            from.Slice(row * width, width).CopyTo(to[(row * destination.Stride)..]);
        }
    }

    /// <summary>Index = block of columns.</summary>
    private struct SumRowsBody : IRangeBody
    {
        public int Rows, Columns;
        public float* Values, Result;

        public readonly void Run(int first, int end, int worker)
        {
            double* sums = stackalloc double[Reduction.ColumnBlock];
            for (int block = first; block < end; block++)
            {
                int column = block * Reduction.ColumnBlock, width = Math.Min(Reduction.ColumnBlock, Columns - column);
                Reduction.Columns(Rows, Columns, column, width, new Value(Values), sums, sums);
                for (int j = 0; j < width; j++)
                {
                    Result[column + j] = (float)sums[j];
                }
            }
        }
    }
}
