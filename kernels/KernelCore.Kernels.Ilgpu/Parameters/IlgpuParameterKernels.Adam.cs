using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuParameterKernels
{
    public void Adam(in AdamStep step, Tensor weights, Tensor gradient, Tensor firstMoment, Tensor secondMoment)
    {
        double correction1 = 1 - Math.Pow(step.Beta1, step.Step), correction2 = 1 - Math.Pow(step.Beta2, step.Step);
        device.Stream(KernelShapes.Adam(weights.Count), new AdamUpdate
        {
            Weights = DeviceMemory.Of(weights), Gradient = DeviceMemory.Of(gradient), FirstMoment = DeviceMemory.Of(firstMoment),
            SecondMoment = DeviceMemory.Of(secondMoment), Keep = step.Decoupled ? (float)(1 - ((double)step.LearningRate * step.WeightDecay)) : 1,
            Decay = step.Decoupled ? 0 : step.WeightDecay, Blend = (float)(1 - (double)step.Beta1), Beta2 = step.Beta2, Fresh = (float)(1 - (double)step.Beta2),
            StepSize = (float)(step.LearningRate / correction1), RootCorrection = (float)Math.Sqrt(correction2), Epsilon = step.Epsilon,
        });
    }

    /// <summary>PyTorch's order: decay, both moments, then w -= (lr / c1) m / (sqrt(v) / sqrt(c2) + eps).</summary>
    internal struct AdamUpdate : IStream
    {
        public ArrayView<float> Weights, Gradient, FirstMoment, SecondMoment;
        public float Keep, Decay, Blend, Beta2, Fresh, StepSize, RootCorrection, Epsilon;

        public readonly bool IsAligned => DeviceMemory.AreAligned(Weights, Gradient, FirstMoment, SecondMoment);

        public readonly void At<TWord>(int i)
            where TWord : struct, IWord<TWord>
        {
            TWord w = TWord.Load(Weights, i) * TWord.Broadcast(Keep), g = (TWord.Broadcast(Decay) * w) + TWord.Load(Gradient, i);
            TWord m = TWord.Load(FirstMoment, i);
            m += TWord.Broadcast(Blend) * (g - m);
            TWord.Store(FirstMoment, i, m);
            TWord v = (TWord.Broadcast(Fresh) * g * g) + (TWord.Load(SecondMoment, i) * TWord.Broadcast(Beta2));
            TWord.Store(SecondMoment, i, v);
            TWord root = TWord.Sqrt(v) / TWord.Broadcast(RootCorrection);
            TWord.Store(Weights, i, w - (TWord.Broadcast(StepSize) * (m / (root + TWord.Broadcast(Epsilon)))));
        }
    }
}
