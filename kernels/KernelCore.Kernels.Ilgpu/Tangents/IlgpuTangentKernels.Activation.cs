using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuTangentKernels
{
    public void ActivationGradient(ActivationKind kind, float slope, Tensor x, Tensor y, Tensor rx, Tensor gy, Tensor rgy, Tensor rgx)
    {
        switch (kind)
        {
            // Straight pieces: nothing bends.
            case ActivationKind.Relu:
            case ActivationKind.LeakyRelu: device.Kernels.Layers.ActivationGradient(kind, slope, x, y, rgy, rgx); break;
            case ActivationKind.Gelu: Curved<GeluDerivatives>(x, y, rx, gy, rgy, rgx); break;
            case ActivationKind.GeluTanh: Curved<GeluTanhDerivatives>(x, y, rx, gy, rgy, rgx); break;
            case ActivationKind.Silu: Curved<SiluDerivatives>(x, y, rx, gy, rgy, rgx); break;
            case ActivationKind.Tanh: Curved<TanhDerivatives>(x, y, rx, gy, rgy, rgx); break;
            case ActivationKind.Sigmoid: Curved<LogisticDerivatives>(x, y, rx, gy, rgy, rgx); break;
            case ActivationKind.Softplus: Curved<SoftplusDerivatives>(x, y, rx, gy, rgy, rgx); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    private void Curved<TFunction>(Tensor x, Tensor y, Tensor rx, Tensor gy, Tensor rgy, Tensor rgx)
        where TFunction : struct, IActivationDerivatives => device.ForEach((int)x.Count, new GradientTangent<TFunction>
        {
            X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), InputTangent = DeviceMemory.Of(rx), Gradient = DeviceMemory.Of(gy),
            GradientTangentIn = DeviceMemory.Of(rgy), GradientTangentOut = DeviceMemory.Of(rgx),
        });

    internal struct GradientTangent<TFunction> : IElement
        where TFunction : struct, IActivationDerivatives
    {
        public ArrayView<float> X, Y, InputTangent, Gradient, GradientTangentIn, GradientTangentOut;

        public readonly void At(int i)
        {
            Real first = TFunction.First(new Real(X[i]), new Real(Y[i]), out Real second);
            float bent = Gradient[i] * second.Value * InputTangent[i];
            GradientTangentOut[i] = (GradientTangentIn[i] * first.Value) + bent;
        }
    }
}
