namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void Embedding(IndexTensor indices, Tensor table, Tensor y)
    {
        int width = table.Shape[-1];
        var body = new LookupBody { Indices = HostMemory.Of(indices), Table = HostMemory.Of(table), Y = HostMemory.Of(y), Width = width };
        RangeLoop.Run(device.Pool, (int)indices.Count, Parallelism.Elements(width), ref body);
    }

    private struct LookupBody : IRangeBody
    {
        public int* Indices;
        public float* Table, Y;
        public int Width;

        public readonly void Run(int first, int end, int worker)
        {
            for (int i = first; i < end; i++)
            {
                new ReadOnlySpan<float>(Table + ((nint)Indices[i] * Width), Width).CopyTo(new Span<float>(Y + ((nint)i * Width), Width));
            }
        }
    }
}
