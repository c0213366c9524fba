using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuParameterKernels
{
    public void Sgd(in SgdStep step, Tensor weights, Tensor gradient, Tensor velocity) => device.ForEach((int)weights.Count, new Descent
    {
        Weights = DeviceMemory.Of(weights), Gradient = DeviceMemory.Of(gradient), Velocity = DeviceMemory.Of(velocity), Rate = step.LearningRate,
        Momentum = step.Momentum, Decay = step.WeightDecay, Nesterov = step.Nesterov ? 1 : 0, First = step.First ? 1 : 0,
    });

    /// <summary>g += wd w; v = first ? g : mu v + g; w -= lr (nesterov ? g + mu v : v). Without momentum w -= lr g, and v is untouched.</summary>
    internal struct Descent : IElement
    {
        public ArrayView<float> Weights, Gradient, Velocity;
        public float Rate, Momentum, Decay;
        public int Nesterov, First;

        public readonly void At(int i)
        {
            float w = Weights[i], g = (Decay * w) + Gradient[i];
            if (Momentum != 0)
            {
                float v = First != 0 ? g : (Momentum * Velocity[i]) + g;
                Velocity[i] = v;
                g = Nesterov != 0 ? (Momentum * v) + g : v;
            }

            Weights[i] = w - (Rate * g);
        }
    }
}
