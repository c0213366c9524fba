using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuTangentKernels
{
    public void CrossEntropyCurvature(Tensor logits, Tensor? targets, float scale, Tensor r, Tensor result)
    {
        int classes = logits.Shape[-1];
        var body = new CurvatureBody
        {
            Classes = classes,
            Scale = scale,
            Logits = HostMemory.Of(logits),
            Targets = HostMemory.Of(targets),
            Tangent = HostMemory.Of(r),
            Result = HostMemory.Of(result),
        };
        RangeLoop.Run(device.Pool, classes == 0 ? 0 : (int)(logits.Count / classes), Parallelism.Elements(classes), ref body);
    }

    private struct CurvatureBody : IRangeBody
    {
        public int Classes;
        public float Scale;
        public float* Logits, Targets, Tangent, Result;

        public readonly void Run(int first, int end, int worker)
        {
            for (int row = first; row < end; row++)
            {
                nint start = (nint)row * Classes;
                float* logits = Logits + start, r = Tangent + start, result = Result + start;
                float max = RowMath.Max(logits, Classes), center = r[IndexOf(logits, max)];
                RowMath.Exp(logits, max, result, Classes);
                double total = Reduction.Sum(0, Classes, new Value(result));
                double mean = Reduction.Sum(0, Classes, new WeightedDeviation(result, r), center) / total;
                double mass = Targets == null ? 1 : Reduction.Sum(start, Classes, new Value(Targets));
                Elementwise.Run(0, Classes, new Deviation
                {
                    Exponentials = result, Tangent = r, Center = center, Mean = (float)mean, Factor = (float)(Scale * mass / total),
                });
            }
        }

        /// <summary>Place of a value in a row; 0 when it is not there, as for a row of NaN.</summary>
        private readonly int IndexOf(float* logits, float value) => Math.Max(0, new ReadOnlySpan<float>(logits, Classes).IndexOf(value));
    }

    /// <summary>e_c (r_c - center).</summary>
    private readonly struct WeightedDeviation(float* exponentials, float* tangent) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLanes At<TLanes>(nint i, TLanes center)
            where TLanes : struct, IDoubleLanes<TLanes> => TLanes.Load(exponentials + i) * (TLanes.Load(tangent + i) - center);
    }

    /// <summary>factor e_c ((r_c - center) - mean), in place of e.</summary>
    private struct Deviation : IElementwise
    {
        public float* Exponentials, Tangent;
        public float Center, Mean, Factor;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes deviation = TLanes.Load(Tangent + i) - TLanes.Broadcast(Center) - TLanes.Broadcast(Mean);
            (TLanes.Load(Exponentials + i) * TLanes.Broadcast(Factor) * deviation).Store(Exponentials + i);
        }
    }
}
