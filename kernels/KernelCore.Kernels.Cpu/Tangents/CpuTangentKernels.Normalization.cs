using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuTangentKernels
{
    public void ScaleShift(ChannelLayout layout, Tensor x, Tensor? rx, Tensor gamma, Tensor? rgamma, Tensor? rbeta, Tensor ry) =>
        Channels.Run(device.Pool, layout, new ChannelAffineTangent
        {
            X = HostMemory.Of(x),
            InputTangent = HostMemory.Of(rx),
            Gamma = HostMemory.Of(gamma),
            GammaTangent = HostMemory.Of(rgamma),
            BetaTangent = HostMemory.Of(rbeta),
            OutputTangent = HostMemory.Of(ry),
        });

    public void NormalizeSegments(
        int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor rx, Tensor rnormalized, Tensor projection)
    {
        var body = new SegmentBody
        {
            Length = length,
            Normalized = HostMemory.Of(normalized),
            InverseDeviation = HostMemory.Of(inverseDeviation),
            InputTangent = HostMemory.Of(rx),
            NormalizedTangent = HostMemory.Of(rnormalized),
            Projection = HostMemory.Of(projection),
        };
        RangeLoop.Run(device.Pool, segments, Parallelism.Elements(length), ref body);
    }

    public void NormalizeSegmentsGradient(
        int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor rnormalized, Tensor projection, Tensor gn, Tensor rgn, Tensor rgx)
    {
        var body = new SegmentGradientBody
        {
            Length = length,
            Normalized = HostMemory.Of(normalized),
            InverseDeviation = HostMemory.Of(inverseDeviation),
            NormalizedTangent = HostMemory.Of(rnormalized),
            Projection = HostMemory.Of(projection),
            Gradient = HostMemory.Of(gn),
            GradientTangent = HostMemory.Of(rgn),
            Result = HostMemory.Of(rgx),
        };
        RangeLoop.Run(device.Pool, segments, 2 * Parallelism.Elements(length), ref body);
    }

    private static float Mean<TTerm>(int length, TTerm term)
        where TTerm : struct, ITerm => (float)(Reduction.Sum(0, length, term) / length);

    /// <summary>ry = gamma_c rx + rgamma_c x + rbeta_c; a null operand stands for zeros.</summary>
    private struct ChannelAffineTangent : IChannelOperation
    {
        public float* X, InputTangent, Gamma, GammaTangent, BetaTangent, OutputTangent;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes, TAccess>(nint i, nint channel)
            where TLanes : struct, ILanes<TLanes>
            where TAccess : struct, IChannelAccess
        {
            TLanes value = BetaTangent == null ? TLanes.Broadcast(0f) : TAccess.Load<TLanes>(BetaTangent, channel);
            if (GammaTangent != null)
            {
                value = TLanes.MultiplyAdd(TAccess.Load<TLanes>(GammaTangent, channel), TLanes.Load(X + i), value);
            }

            if (InputTangent != null)
            {
                value = TLanes.MultiplyAdd(TAccess.Load<TLanes>(Gamma, channel), TLanes.Load(InputTangent + i), value);
            }

            value.Store(OutputTangent + i);
        }
    }

    private struct SegmentBody : IRangeBody
    {
        public int Length;
        public float* Normalized, InverseDeviation, InputTangent, NormalizedTangent, Projection;

        public readonly void Run(int first, int end, int worker)
        {
            for (int segment = first; segment < end; segment++)
            {
                nint start = (nint)segment * Length;
                float* rx = InputTangent + start, xhat = Normalized + start;
                float projection = Mean(Length, new Product(rx, xhat));
                Projection[segment] = projection;
                Elementwise.Run(0, Length, new Projected
                {
                    X = rx,
                    Normalized = xhat,
                    Y = NormalizedTangent + start,
                    Factor = InverseDeviation[segment],
                    Mean = Mean(Length, new Value(rx)),
                    Projection = projection,
                });
            }
        }
    }

    private struct SegmentGradientBody : IRangeBody
    {
        public int Length;
        public float* Normalized, InverseDeviation, NormalizedTangent, Projection, Gradient, GradientTangent, Result;

        public readonly void Run(int first, int end, int worker)
        {
            for (int segment = first; segment < end; segment++)
            {
                nint start = (nint)segment * Length;
                float* xhat = Normalized + start, rxhat = NormalizedTangent + start, gn = Gradient + start, rgn = GradientTangent + start;
                double product = Reduction.Sum(0, Length, new Product(rgn, xhat)) + Reduction.Sum(0, Length, new Product(gn, rxhat));
                Elementwise.Run(0, Length, new ProjectedTangent
                {
                    Normalized = xhat,
                    NormalizedTangent = rxhat,
                    Gradient = gn,
                    GradientTangent = rgn,
                    Result = Result + start,
                    Factor = InverseDeviation[segment],
                    Shrink = InverseDeviation[segment] * Projection[segment],
                    MeanGradient = Mean(Length, new Value(gn)),
                    MeanProduct = Mean(Length, new Product(gn, xhat)),
                    MeanGradientTangent = Mean(Length, new Value(rgn)),
                    MeanProductTangent = (float)(product / Length),
                });
            }
        }
    }

    /// <summary>y = factor (x - mean - xhat projection).</summary>
    private struct Projected : IElementwise
    {
        public float* X, Normalized, Y;
        public float Factor, Mean, Projection;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes centred = TLanes.Load(X + i) - TLanes.Broadcast(Mean);
            (TLanes.MultiplyAdd(TLanes.Load(Normalized + i), TLanes.Broadcast(-Projection), centred) * TLanes.Broadcast(Factor)).Store(Y + i);
        }
    }

    /// <summary>The projection of the gradient's tangent, less the motion of the projection itself and of its factor.</summary>
    private struct ProjectedTangent : IElementwise
    {
        public float* Normalized, NormalizedTangent, Gradient, GradientTangent, Result;
        public float Factor, Shrink, MeanGradient, MeanProduct, MeanGradientTangent, MeanProductTangent;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes hat = TLanes.Load(Normalized + i), product = TLanes.Broadcast(-MeanProduct);
            TLanes own = TLanes.MultiplyAdd(hat, product, TLanes.Load(Gradient + i) - TLanes.Broadcast(MeanGradient));
            TLanes sum = TLanes.Load(GradientTangent + i) - TLanes.Broadcast(MeanGradientTangent);
            sum = TLanes.MultiplyAdd(TLanes.Load(NormalizedTangent + i), product, sum);
            sum = TLanes.MultiplyAdd(hat, TLanes.Broadcast(-MeanProductTangent), sum);
            sum = TLanes.MultiplyAdd(own, TLanes.Broadcast(-Shrink), sum);
            (sum * TLanes.Broadcast(Factor)).Store(Result + i);
        }
    }
}
