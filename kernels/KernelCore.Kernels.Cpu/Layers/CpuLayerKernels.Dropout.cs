namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void Dropout(ulong seed, ulong stream, float rate, Tensor x, Tensor y)
    {
        var body = new DropoutBody
        {
            Seed = seed, Stream = stream, Rate = rate, Scale = rate < 1 ? 1 / (1 - rate) : 0, X = HostMemory.Of(x), Y = HostMemory.Of(y), Count = (int)x.Count,
        };
        RangeLoop.Run(device.Pool, (int)((x.Count + 3) / 4), 4, ref body);
    }

    /// <summary>Index = block of the generator, which decides over four elements.</summary>
    private struct DropoutBody : IRangeBody
    {
        public ulong Seed, Stream;
        public float Rate, Scale;
        public float* X, Y;
        public int Count;

        public readonly void Run(int first, int end, int worker)
        {
            uint* words = stackalloc uint[4];
            for (int block = first; block < end; block++)
            {
                (words[0], words[1], words[2], words[3]) = Philox.Block(Seed, Stream, (ulong)block);
                int start = block * 4, width = Math.Min(4, Count - start);
                for (int j = 0; j < width; j++)
                {
                    // The same uniform number as Philox.Uniform; a dropped NaN is dropped.
                    float uniform = (words[j] >> 8) * (1f / (1 << 24));
                    Y[start + j] = uniform >= Rate ? X[start + j] * Scale : 0;
                }
            }
        }
    }
}
