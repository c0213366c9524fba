namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuTangentKernels
{
    public void MaxPool(PoolGeometry geometry, int planes, IndexTensor argmax, Tensor rx, Tensor ry)
    {
        var body = new MaximaBody
        {
            Inputs = geometry.Height * geometry.Width,
            Outputs = geometry.OutHeight * geometry.OutWidth,
            Argmax = HostMemory.Of(argmax),
            X = HostMemory.Of(rx),
            Y = HostMemory.Of(ry),
        };
        RangeLoop.Run(device.Pool, planes, Parallelism.Elements(body.Outputs), ref body);
    }

    public void Embedding(IndexTensor indices, int paddingIndex, Tensor rtable, Tensor ry)
    {
        var body = new RowsBody
        {
            Indices = HostMemory.Of(indices),
            PaddingIndex = paddingIndex,
            Width = rtable.Shape[-1],
            Table = HostMemory.Of(rtable),
            Y = HostMemory.Of(ry),
        };
        RangeLoop.Run(device.Pool, (int)indices.Count, Parallelism.Elements(body.Width), ref body);
    }

    private struct MaximaBody : IRangeBody
    {
        public int Inputs, Outputs;
        public int* Argmax;
        public float* X, Y;

        public readonly void Run(int first, int end, int worker)
        {
            for (int plane = first; plane < end; plane++)
            {
                float* x = X + ((nint)plane * Inputs);
                for (nint output = (nint)plane * Outputs; output < ((nint)plane + 1) * Outputs; output++)
                {
                    Y[output] = x[Argmax[output]];
                }
            }
        }
    }

    private struct RowsBody : IRangeBody
    {
        public int* Indices;
        public int PaddingIndex, Width;
        public float* Table, Y;

        public readonly void Run(int first, int end, int worker)
        {
            for (int i = first; i < end; i++)
            {
                var row = new Span<float>(Y + ((nint)i * Width), Width);
                if (Indices[i] == PaddingIndex)
                {
                    row.Clear();
                }
                else
                {
                    new ReadOnlySpan<float>(Table + ((nint)Indices[i] * Width), Width).CopyTo(row);
                }
            }
        }
    }
}
