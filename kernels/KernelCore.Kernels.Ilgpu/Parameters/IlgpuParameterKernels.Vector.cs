using ILGPU;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuParameterKernels
{
    /// <summary>Partial sums of a dot product: enough warps to keep a large device busy.</summary>
    private const int DotWarps = 4096;

    private readonly double[] _partials = new double[DotWarps];

    public void Axpy(float alpha, Tensor x, Tensor y) =>
        device.Stream(KernelShapes.Axpy(x.Count), new ScaledAddition { X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Alpha = alpha });

    public void Scale(float alpha, Tensor x) => device.Stream(KernelShapes.Scale(x.Count), new Scaling { X = DeviceMemory.Of(x), Factor = alpha });

    /// <summary>A warp sums a block, the host the blocks in order: the same bits on every run.</summary>
    public double Dot(Tensor x, Tensor y)
    {
        int count = (int)x.Count, size = Math.Max(1024, ((count - 1) / (4 * DotWarps) * 4) + 4), blocks = (int)(((long)count + size - 1) / size);
        MemoryBuffer1D<double, Stride1D.Dense> memory = device.Pool.Rent<double>(DotWarps);
        device.ForEachRow(KernelShapes.Dot(blocks, size), new BlockDot
        {
            X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Partials = memory.View.AsContiguous(), Rows = new RowLayout(count, DeviceMemory.AreAligned(x, y)), Size = size,
        });
        device.Staging.Download(memory.View.AsContiguous(), _partials.AsSpan(0, blocks));
        device.Pool.Return(memory);

        double sum = 0;
        foreach (double partial in _partials.AsSpan(0, blocks))
        {
            sum += partial;
        }

        return sum;
    }

    internal struct ScaledAddition : IStream
    {
        public ArrayView<float> X, Y;
        public float Alpha;

        public readonly bool IsAligned => DeviceMemory.AreAligned(X, Y);

        public readonly void At<TWord>(int i)
            where TWord : struct, IWord<TWord> => TWord.Store(Y, i, TWord.Load(Y, i) + (TWord.Broadcast(Alpha) * TWord.Load(X, i)));
    }

    internal struct Scaling : IStream
    {
        public ArrayView<float> X;
        public float Factor;

        public readonly bool IsAligned => DeviceMemory.AreAligned(X);

        public readonly void At<TWord>(int i)
            where TWord : struct, IWord<TWord> => TWord.Store(X, i, TWord.Load(X, i) * TWord.Broadcast(Factor));
    }

    internal struct BlockDot : IRow
    {
        public ArrayView<float> X, Y;
        public ArrayView<double> Partials;
        public RowLayout Rows;
        public int Size;

        public readonly void At<TWarp>(int block)
            where TWarp : struct, IWarp
        {
            int first = block * Size;
            RowWalk<TWarp> walk = Rows.Row<TWarp>(0, first, IntrinsicMath.Min(Size, Rows.Length - first));
            double sum = TWarp.Sum(walk.Sum(new DotSum { X = X, Y = Y }).Total);
            if (TWarp.Lane == 0)
            {
                Partials[block] = sum;
            }
        }
    }
}
