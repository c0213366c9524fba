using System.Runtime.CompilerServices;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLossKernels
{
    public void CrossEntropy(Tensor logits, IndexTensor labels, float scale, Tensor loss, Tensor cotangent)
    {
        var body = new HardLabelBody
        {
            Classes = logits.Shape[-1],
            Scale = scale,
            Logits = HostMemory.Of(logits),
            Labels = HostMemory.Of(labels),
            Loss = HostMemory.Of(loss),
            Cotangent = HostMemory.Of(cotangent),
        };
        RangeLoop.Run(device.Pool, (int)labels.Count, Parallelism.Elements(body.Classes), ref body);
    }

    public void CrossEntropy(Tensor logits, Tensor targets, float scale, Tensor loss, Tensor cotangent)
    {
        var body = new SoftLabelBody
        {
            Classes = logits.Shape[-1],
            Scale = scale,
            Logits = HostMemory.Of(logits),
            Targets = HostMemory.Of(targets),
            Loss = HostMemory.Of(loss),
            Cotangent = HostMemory.Of(cotangent),
        };
        RangeLoop.Run(device.Pool, (int)loss.Count, Parallelism.Elements(body.Classes), ref body);
    }

    /// <summary>
    /// Sums the wrong classes apart from the label: the label's cotangent is minus their sum instead of p - 1, and a
    /// loss near 0 is log1p of it, so neither cancels however confident the model is.
    /// </summary>
    private struct HardLabelBody : IRangeBody
    {
        public int Classes;
        public float Scale;
        public float* Logits, Loss, Cotangent;
        public int* Labels;

        public readonly void Run(int first, int end, int worker)
        {
            for (int row = first; row < end; row++)
            {
                float* logits = Logits + ((nint)row * Classes), cotangent = Cotangent + ((nint)row * Classes);
                int label = Labels[row];
                float labelLogit = logits[label], max = RowMath.Max(logits, Classes);
                RowMath.Exp(logits, max, cotangent, Classes);
                double own = cotangent[label];
                cotangent[label] = 0;
                double others = Reduction.Sum(0, Classes, new Value(cotangent)), total = own + others;

                Loss[row] = (float)(labelLogit == max ? Elementary.LogOnePlus(others) : Math.Log(total) + ((double)max - labelLogit));
                RowMath.Scale(cotangent, (float)(Scale / total), Classes);
                cotangent[label] = (float)(-Scale * others / total);
            }
        }
    }

    private struct SoftLabelBody : IRangeBody
    {
        public int Classes;
        public float Scale;
        public float* Logits, Targets, Loss, Cotangent;

        public readonly void Run(int first, int end, int worker)
        {
            for (int row = first; row < end; row++)
            {
                nint start = (nint)row * Classes;
                float* logits = Logits + start, targets = Targets + start, cotangent = Cotangent + start;
                float max = RowMath.Max(logits, Classes);
                RowMath.Exp(logits, max, cotangent, Classes);
                double total = Reduction.Sum(0, Classes, new Value(cotangent));
                double mass = Reduction.Sum(0, Classes, new Value(targets));

                Loss[row] = (float)Reduction.Sum(0, Classes, new NegativeLogLikelihood(targets, logits), max + Math.Log(total));
                Elementwise.Run(0, Classes, new SoftCotangent
                {
                    Targets = targets, Cotangent = cotangent, Factor = (float)(Scale * mass / total), Scale = Scale,
                });
            }
        }
    }

    /// <summary>y_c (logsumexp - s_c), 0 where y_c is 0 even if s_c is minus infinity.</summary>
    private readonly struct NegativeLogLikelihood(float* targets, float* logits) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLanes At<TLanes>(nint i, TLanes center)
            where TLanes : struct, IDoubleLanes<TLanes> => TLanes.ProductOrZero(TLanes.Load(targets + i), center - TLanes.Load(logits + i));
    }

    private struct SoftCotangent : IElementwise
    {
        public float* Targets, Cotangent;
        public float Factor, Scale;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> =>
            TLanes.MultiplyAdd(TLanes.Load(Cotangent + i), TLanes.Broadcast(Factor), TLanes.Load(Targets + i) * TLanes.Broadcast(-Scale)).Store(Cotangent + i);
    }
}
