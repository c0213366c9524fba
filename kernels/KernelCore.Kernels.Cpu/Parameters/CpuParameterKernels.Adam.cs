using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuParameterKernels
{
    public void Adam(in AdamStep step, Tensor weights, Tensor gradient, Tensor firstMoment, Tensor secondMoment)
    {
        double correction1 = 1 - Math.Pow(step.Beta1, step.Step), correction2 = 1 - Math.Pow(step.Beta2, step.Step);
        Elementwise.Run(device.Pool, (int)weights.Count, new AdamUpdate
        {
            Weights = HostMemory.Of(weights),
            Gradient = HostMemory.Of(gradient),
            FirstMoment = HostMemory.Of(firstMoment),
            SecondMoment = HostMemory.Of(secondMoment),
            Keep = step.Decoupled ? (float)(1 - ((double)step.LearningRate * step.WeightDecay)) : 1,
            Decay = step.Decoupled ? 0 : step.WeightDecay,
            Blend = (float)(1 - (double)step.Beta1),
            Beta2 = step.Beta2,
            Fresh = (float)(1 - (double)step.Beta2),
            StepSize = (float)(step.LearningRate / correction1),
            RootCorrection = (float)Math.Sqrt(correction2),
            Epsilon = step.Epsilon,
        });
    }

    /// <summary>PyTorch's order: decay, both moments, then w -= (lr / c1) m / (sqrt(v) / sqrt(c2) + eps).</summary>
    private struct AdamUpdate : IElementwise
    {
        public float* Weights, Gradient, FirstMoment, SecondMoment;
        public float Keep, Decay, Blend, Beta2, Fresh, StepSize, RootCorrection, Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes w = TLanes.Load(Weights + i) * TLanes.Broadcast(Keep);
            TLanes g = TLanes.MultiplyAdd(TLanes.Broadcast(Decay), w, TLanes.Load(Gradient + i));
            TLanes m = TLanes.Load(FirstMoment + i);
            m = TLanes.MultiplyAdd(TLanes.Broadcast(Blend), g - m, m);
            m.Store(FirstMoment + i);
            TLanes v = TLanes.MultiplyAdd(TLanes.Broadcast(Fresh) * g, g, TLanes.Load(SecondMoment + i) * TLanes.Broadcast(Beta2));
            v.Store(SecondMoment + i);
            TLanes denominator = (TLanes.Sqrt(v) / TLanes.Broadcast(RootCorrection)) + TLanes.Broadcast(Epsilon);
            TLanes.MultiplyAdd(TLanes.Broadcast(-StepSize), m / denominator, w).Store(Weights + i);
        }
    }
}
