using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void Activation(ActivationKind kind, float slope, Tensor x, Tensor y)
    {
        switch (kind)
        {
            case ActivationKind.Relu: Forward<Relu>(slope, x, y); break;
            case ActivationKind.LeakyRelu: Forward<LeakyRelu>(slope, x, y); break;
            case ActivationKind.Gelu: Forward<Gelu>(slope, x, y); break;
            case ActivationKind.GeluTanh: Forward<GeluTanh>(slope, x, y); break;
            case ActivationKind.Silu: Forward<Silu>(slope, x, y); break;
            case ActivationKind.Tanh: Forward<HyperbolicTangent>(slope, x, y); break;
            case ActivationKind.Sigmoid: Forward<Logistic>(slope, x, y); break;
            case ActivationKind.Softplus: Forward<Softplus>(slope, x, y); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    public void ActivationGradient(ActivationKind kind, float slope, Tensor x, Tensor y, Tensor gy, Tensor gx)
    {
        switch (kind)
        {
            case ActivationKind.Relu: Backward<Relu>(slope, x, y, gy, gx); break;
            case ActivationKind.LeakyRelu: Backward<LeakyRelu>(slope, x, y, gy, gx); break;
            case ActivationKind.Gelu: Backward<Gelu>(slope, x, y, gy, gx); break;
            case ActivationKind.GeluTanh: Backward<GeluTanh>(slope, x, y, gy, gx); break;
            case ActivationKind.Silu: Backward<Silu>(slope, x, y, gy, gx); break;
            case ActivationKind.Tanh: Backward<HyperbolicTangent>(slope, x, y, gy, gx); break;
            case ActivationKind.Sigmoid: Backward<Logistic>(slope, x, y, gy, gx); break;
            case ActivationKind.Softplus: Backward<Softplus>(slope, x, y, gy, gx); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    private void Forward<TFunction>(float slope, Tensor x, Tensor y)
        where TFunction : struct, IActivation => device.ForEach(
            (int)x.Count, new ForwardPass<TFunction> { X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Slope = slope });

    private void Backward<TFunction>(float slope, Tensor x, Tensor y, Tensor gy, Tensor gx)
        where TFunction : struct, IActivation => device.ForEach((int)x.Count, new BackwardPass<TFunction>
        {
            X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), OutputGradient = DeviceMemory.Of(gy), InputGradient = DeviceMemory.Of(gx), Slope = slope,
        });

    internal struct ForwardPass<TFunction> : IElement
        where TFunction : struct, IActivation
    {
        public ArrayView<float> X, Y;
        public float Slope;

        public readonly void At(int i) => Y[i] = TFunction.Value(new Real(X[i]), new Real(Slope)).Value;
    }

    internal struct BackwardPass<TFunction> : IElement
        where TFunction : struct, IActivation
    {
        public ArrayView<float> X, Y, OutputGradient, InputGradient;
        public float Slope;

        public readonly void At(int i) =>
            InputGradient[i] = TFunction.Gradient(new Real(X[i]), new Real(Y[i]), new Real(OutputGradient[i]), new Real(Slope)).Value;
    }
}
