using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void Dropout(ulong seed, ulong stream, float rate, Tensor x, Tensor y)
    {
        var body = new DropoutBody
        {
            Seed = seed,
            Stream = stream,
            Threshold = (int)Math.Ceiling((double)rate * (1 << 24)),
            Scale = rate < 1 ? 1 / (1 - rate) : 0,
            X = HostMemory.Of(x),
            Y = HostMemory.Of(y),
            Count = (int)x.Count,
        };
        RangeLoop.Run(device.Pool, Parallelism.Chunks(x.Count, PhiloxLanes.Count), Parallelism.Elements(PhiloxLanes.Count), ref body);
    }

    /// <summary>
    /// Index = group of 16 elements. A uniform number is 24 random bits / 2^24, so it is at least the rate exactly when
    /// the bits are at least the rate x 2^24, rounded up.
    /// </summary>
    private struct DropoutBody : IRangeBody
    {
        public ulong Seed, Stream;
        public int Threshold, Count;
        public float Scale;
        public float* X, Y;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int first, int end, int worker)
        {
            uint* words = stackalloc uint[PhiloxLanes.Count];
            float* tail = stackalloc float[PhiloxLanes.Count];
            for (int group = first; group < end; group++)
            {
                PhiloxLanes.Fill(Seed, Stream, (ulong)group * (PhiloxLanes.Count / 4), words);
                int start = group * PhiloxLanes.Count, width = Count - start;
                if (width >= PhiloxLanes.Count)
                {
                    Apply(words, X + start, Y + start);
                    continue;
                }

                new ReadOnlySpan<float>(X + start, width).CopyTo(new Span<float>(tail, width));
                Apply(words, tail, tail);
                new ReadOnlySpan<float>(tail, width).CopyTo(new Span<float>(Y + start, width));
            }
        }

        /// <summary>Masks by bits, so that a dropped NaN is 0.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Apply(uint* words, float* x, float* y)
        {
            for (int i = 0; i < PhiloxLanes.Count; i += Vector256<float>.Count)
            {
                Vector256<int> bits = (Vector256.Load(words + i) >> 8).AsInt32();
                Vector256<int> keep = Vector256.GreaterThanOrEqual(bits, Vector256.Create(Threshold));
                (Vector256.Load(x + i) * Scale & keep.AsSingle()).Store(y + i);
            }
        }
    }
}
