using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuParameterKernels
{
    public void Sgd(in SgdStep step, Tensor weights, Tensor gradient, Tensor velocity)
    {
        float* w = HostMemory.Of(weights), g = HostMemory.Of(gradient);
        int count = (int)weights.Count;
        if (step.Momentum == 0)
        {
            Elementwise.Run(device.Pool, count, new PlainDescent { Weights = w, Gradient = g, Rate = step.LearningRate, Decay = step.WeightDecay });
            return;
        }

        Elementwise.Run(device.Pool, count, new MomentumDescent
        {
            Weights = w,
            Gradient = g,
            Velocity = HostMemory.Of(velocity),
            Rate = step.LearningRate,
            Decay = step.WeightDecay,
            Momentum = step.Momentum,
            Nesterov = step.Nesterov,
            First = step.First,
        });
    }

    /// <summary>w -= lr (g + wd w). The velocity is neither read nor written.</summary>
    private struct PlainDescent : IElementwise
    {
        public float* Weights, Gradient;
        public float Rate, Decay;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes w = TLanes.Load(Weights + i);
            TLanes g = TLanes.MultiplyAdd(TLanes.Broadcast(Decay), w, TLanes.Load(Gradient + i));
            TLanes.MultiplyAdd(TLanes.Broadcast(-Rate), g, w).Store(Weights + i);
        }
    }

    /// <summary>g += wd w; v = first ? g : mu v + g; w -= lr (nesterov ? g + mu v : v).</summary>
    private struct MomentumDescent : IElementwise
    {
        public float* Weights, Gradient, Velocity;
        public float Rate, Decay, Momentum;
        public bool Nesterov, First;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes w = TLanes.Load(Weights + i), momentum = TLanes.Broadcast(Momentum);
            TLanes g = TLanes.MultiplyAdd(TLanes.Broadcast(Decay), w, TLanes.Load(Gradient + i));
            TLanes v = First ? g : TLanes.MultiplyAdd(momentum, TLanes.Load(Velocity + i), g);
            v.Store(Velocity + i);
            TLanes direction = Nesterov ? TLanes.MultiplyAdd(momentum, v, g) : v;
            TLanes.MultiplyAdd(TLanes.Broadcast(-Rate), direction, w).Store(Weights + i);
        }
    }
}
