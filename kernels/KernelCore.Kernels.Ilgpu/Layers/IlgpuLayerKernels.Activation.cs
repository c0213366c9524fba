using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void Activation(ActivationKind kind, float slope, Tensor x, Tensor y) =>
        ActivationDispatch.Run(kind, new Forward(device, slope, x, y));

    public void ActivationGradient(ActivationKind kind, float slope, Tensor x, Tensor y, Tensor gy, Tensor gx) =>
        ActivationDispatch.Run(kind, new Backward(device, slope, x, y, gy, gx));

    private readonly struct Forward(IlgpuDevice device, float slope, Tensor x, Tensor y) : IActivationUse
    {
        public void With<TFunction>()
            where TFunction : struct, IActivation =>
            device.ForEach((int)x.Count, new ForwardPass<TFunction> { X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Slope = slope });
    }

    private readonly struct Backward(IlgpuDevice device, float slope, Tensor x, Tensor y, Tensor gy, Tensor gx) : IActivationUse
    {
        public void With<TFunction>()
            where TFunction : struct, IActivation => device.ForEach((int)x.Count, new BackwardPass<TFunction>
            {
                X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), OutputGradient = DeviceMemory.Of(gy), InputGradient = DeviceMemory.Of(gx), Slope = slope,
            });
    }

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
