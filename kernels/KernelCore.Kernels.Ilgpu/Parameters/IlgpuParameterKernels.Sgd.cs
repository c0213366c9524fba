using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuParameterKernels
{
    public void Sgd(in SgdStep step, Tensor weights, Tensor gradient, Tensor velocity) => device.Stream(KernelShapes.Sgd(weights.Count), new Descent
    {
        Weights = DeviceMemory.Of(weights), Gradient = DeviceMemory.Of(gradient), Velocity = DeviceMemory.Of(velocity), Rate = step.LearningRate,
        Momentum = step.Momentum, Decay = step.WeightDecay, Nesterov = step.Nesterov ? 1 : 0, First = step.First ? 1 : 0,
    });

    /// <summary>g += wd w; v = first ? g : mu v + g; w -= lr (nesterov ? g + mu v : v). Without momentum w -= lr g, and v is untouched.</summary>
    internal struct Descent : IStream
    {
        public ArrayView<float> Weights, Gradient, Velocity;
        public float Rate, Momentum, Decay;
        public int Nesterov, First;

        public readonly bool IsAligned => DeviceMemory.AreAligned(Weights, Gradient, Velocity);

        public readonly void At<TWord>(int i)
            where TWord : struct, IWord<TWord>
        {
            TWord w = TWord.Load(Weights, i), g = (TWord.Broadcast(Decay) * w) + TWord.Load(Gradient, i);
            if (Momentum != 0)
            {
                TWord momentum = TWord.Broadcast(Momentum), v = First != 0 ? g : (momentum * TWord.Load(Velocity, i)) + g;
                TWord.Store(Velocity, i, v);
                g = Nesterov != 0 ? (momentum * v) + g : v;
            }

            TWord.Store(Weights, i, w - (TWord.Broadcast(Rate) * g));
        }
    }
}
