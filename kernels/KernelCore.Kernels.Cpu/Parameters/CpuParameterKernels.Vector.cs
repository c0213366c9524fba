using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuParameterKernels
{
    /// <summary>Most blocks of a dot product; their partial sums live on the stack.</summary>
    private const int MaxDotBlocks = 256;

    private const int DotBlock = 16384;

    public void Axpy(float alpha, Tensor x, Tensor y) => Elementwise.Run(
        device.Pool, (int)x.Count, new ScaledAddition { X = HostMemory.Of(x), Y = HostMemory.Of(y), Alpha = alpha });

    public void Scale(float alpha, Tensor x) => Elementwise.Run(device.Pool, (int)x.Count, new Scaling { X = HostMemory.Of(x), Factor = alpha });

    public double Dot(Tensor x, Tensor y)
    {
        int count = (int)x.Count;
        int size = Math.Max(DotBlock, (count / MaxDotBlocks) + 1);
        double* partials = stackalloc double[MaxDotBlocks];
        var body = new DotBody { X = HostMemory.Of(x), Y = HostMemory.Of(y), Count = count, Size = size, Partials = partials };
        int blocks = Parallelism.Chunks(count, size);
        RangeLoop.Run(device.Pool, blocks, Parallelism.Elements(size), ref body);

        double sum = 0;
        for (int block = 0; block < blocks; block++)
        {
            sum += partials[block];
        }

        return sum;
    }

    private struct ScaledAddition : IElementwise
    {
        public float* X, Y;
        public float Alpha;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> =>
            TLanes.MultiplyAdd(TLanes.Broadcast(Alpha), TLanes.Load(X + i), TLanes.Load(Y + i)).Store(Y + i);
    }

    /// <summary>Index = block of elements; each leaves one partial sum.</summary>
    private struct DotBody : IRangeBody
    {
        public float* X, Y;
        public double* Partials;
        public int Count, Size;

        public readonly void Run(int first, int end, int worker)
        {
            for (int block = first; block < end; block++)
            {
                nint start = (nint)block * Size;
                Partials[block] = Reduction.Sum(start, Math.Min(Size, Count - start), new Product(X, Y));
            }
        }
    }
}
