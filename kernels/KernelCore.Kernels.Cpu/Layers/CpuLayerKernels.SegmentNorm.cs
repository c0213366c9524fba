using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void NormalizeSegments(int segments, int length, float epsilon, Tensor x, Tensor normalized, Tensor inverseDeviation)
    {
        var body = new SegmentBody
        {
            Length = length, Epsilon = epsilon, X = HostMemory.Of(x), Normalized = HostMemory.Of(normalized), InverseDeviation = HostMemory.Of(inverseDeviation),
        };
        RangeLoop.Run(device.Pool, segments, Parallelism.Elements(length), ref body);
    }

    public void NormalizeSegmentsGradient(int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor gn, Tensor gx)
    {
        var body = new SegmentGradientBody
        {
            Length = length,
            Normalized = HostMemory.Of(normalized),
            InverseDeviation = HostMemory.Of(inverseDeviation),
            OutputGradient = HostMemory.Of(gn),
            InputGradient = HostMemory.Of(gx),
        };
        RangeLoop.Run(device.Pool, segments, Parallelism.Elements(length), ref body);
    }

    private struct SegmentBody : IRangeBody
    {
        public int Length;
        public float Epsilon;
        public float* X, Normalized, InverseDeviation;

        public readonly void Run(int first, int end, int worker)
        {
            for (int segment = first; segment < end; segment++)
            {
                nint start = (nint)segment * Length;
                double mean = Reduction.Sum(start, Length, new Value(X)) / Length;
                double variance = Reduction.Sum(start, Length, new SquaredDeviation(X), mean) / Length;
                double inverse = 1 / Math.Sqrt(variance + Epsilon);
                InverseDeviation[segment] = (float)inverse;
                if (DoubleLanes8.IsSupported)
                {
                    Standardize<DoubleLanes8>(X + start, mean, inverse, Normalized + start, Length);
                }
                else
                {
                    Standardize<DoubleLanes>(X + start, mean, inverse, Normalized + start, Length);
                }
            }
        }

        /// <summary>(x - mean) inverse, in double: a mean far above the deviation costs no digits.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Standardize<TLanes>(float* x, double mean, double inverse, float* normalized, int count)
            where TLanes : struct, IDoubleLanes<TLanes>
        {
            int i = 0;
            for (; i + TLanes.Count <= count; i += TLanes.Count)
            {
                ((TLanes.Load(x + i) - TLanes.Broadcast(mean)) * TLanes.Broadcast(inverse)).Store(normalized + i);
            }

            for (; i < count; i++)
            {
                normalized[i] = (float)((x[i] - mean) * inverse);
            }
        }
    }

    private struct SegmentGradientBody : IRangeBody
    {
        public int Length;
        public float* Normalized, InverseDeviation, OutputGradient, InputGradient;

        public readonly void Run(int first, int end, int worker)
        {
            for (int segment = first; segment < end; segment++)
            {
                nint start = (nint)segment * Length;
                float* gn = OutputGradient + start, xhat = Normalized + start;
                Elementwise.Run(0, Length, new NormalizationGradient
                {
                    OutputGradient = gn,
                    Normalized = xhat,
                    InputGradient = InputGradient + start,
                    InverseDeviation = InverseDeviation[segment],
                    MeanGradient = (float)(Reduction.Sum(0, Length, new Value(gn)) / Length),
                    MeanProduct = (float)(Reduction.Sum(0, Length, new Product(gn, xhat)) / Length),
                });
            }
        }
    }

    /// <summary>gx = r (gn - mean(gn) - xhat mean(gn xhat)).</summary>
    private struct NormalizationGradient : IElementwise
    {
        public float* OutputGradient, Normalized, InputGradient;
        public float InverseDeviation, MeanGradient, MeanProduct;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes centred = TLanes.Load(OutputGradient + i) - TLanes.Broadcast(MeanGradient);
            TLanes projected = TLanes.MultiplyAdd(TLanes.Load(Normalized + i), TLanes.Broadcast(-MeanProduct), centred);
            (projected * TLanes.Broadcast(InverseDeviation)).Store(InputGradient + i);
        }
    }
}
