using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuParameterKernels
{
    public void Adam(in AdamStep step, Tensor weights, Tensor gradient, Tensor firstMoment, Tensor secondMoment)
    {
        double correction1 = 1 - Math.Pow(step.Beta1, step.Step), correction2 = 1 - Math.Pow(step.Beta2, step.Step);
        device.ForEach((int)weights.Count, new AdamUpdate
        {
            Weights = DeviceMemory.Of(weights), Gradient = DeviceMemory.Of(gradient), FirstMoment = DeviceMemory.Of(firstMoment),
            SecondMoment = DeviceMemory.Of(secondMoment), Keep = step.Decoupled ? (float)(1 - ((double)step.LearningRate * step.WeightDecay)) : 1,
            Decay = step.Decoupled ? 0 : step.WeightDecay, Blend = (float)(1 - (double)step.Beta1), Beta2 = step.Beta2, Fresh = (float)(1 - (double)step.Beta2),
            StepSize = (float)(step.LearningRate / correction1), RootCorrection = (float)Math.Sqrt(correction2), Epsilon = step.Epsilon,
        });
    }

    /// <summary>PyTorch's order: decay, both moments, then w -= (lr / c1) m / (sqrt(v) / sqrt(c2) + eps).</summary>
    internal struct AdamUpdate : IElement
    {
        public ArrayView<float> Weights, Gradient, FirstMoment, SecondMoment;
        public float Keep, Decay, Blend, Beta2, Fresh, StepSize, RootCorrection, Epsilon;

        public readonly void At(int i)
        {
            float w = Weights[i] * Keep, g = (Decay * w) + Gradient[i];
            float m = FirstMoment[i];
            m += Blend * (g - m);
            FirstMoment[i] = m;
            float v = (Fresh * g * g) + (SecondMoment[i] * Beta2);
            SecondMoment[i] = v;
            Weights[i] = w - (StepSize * (m / ((MathF.Sqrt(v) / RootCorrection) + Epsilon)));
        }
    }
}
