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
            device.Stream(KernelShapes.Activation(x.Count), new ForwardPass<TFunction> { X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Slope = slope });
    }

    private readonly struct Backward(IlgpuDevice device, float slope, Tensor x, Tensor y, Tensor gy, Tensor gx) : IActivationUse
    {
        public void With<TFunction>()
            where TFunction : struct, IActivation => device.Stream(KernelShapes.ActivationGradient(x.Count), new BackwardPass<TFunction>
            {
                X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), OutputGradient = DeviceMemory.Of(gy), InputGradient = DeviceMemory.Of(gx), Slope = slope,
            });
    }

    internal struct ForwardPass<TFunction> : IStream
        where TFunction : struct, IActivation
    {
        public ArrayView<float> X, Y;
        public float Slope;

        public readonly bool IsAligned => DeviceMemory.AreAligned(X, Y);

        public readonly void At<TWord>(int i)
            where TWord : struct, IWord<TWord> => TWord.Store(Y, i, TFunction.Value(TWord.Load(X, i), TWord.Broadcast(Slope)));
    }

    internal struct BackwardPass<TFunction> : IStream
        where TFunction : struct, IActivation
    {
        public ArrayView<float> X, Y, OutputGradient, InputGradient;
        public float Slope;

        public readonly bool IsAligned => DeviceMemory.AreAligned(X, Y, OutputGradient, InputGradient);

        public readonly void At<TWord>(int i)
            where TWord : struct, IWord<TWord> => TWord.Store(
                InputGradient, i, TFunction.Gradient(TWord.Load(X, i), TWord.Load(Y, i), TWord.Load(OutputGradient, i), TWord.Broadcast(Slope)));
    }
}
