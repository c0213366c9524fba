using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuTangentKernels
{
    public void ActivationGradient(ActivationKind kind, float slope, Tensor x, Tensor y, Tensor rx, Tensor gy, Tensor rgy, Tensor rgx)
    {
        if (ActivationDispatch.IsStraight(kind))
        {
            device.Kernels.Layers.ActivationGradient(kind, slope, x, y, rgy, rgx);
        }
        else
        {
            ActivationDispatch.RunDerivatives(kind, new Curved(device, x, y, rx, gy, rgy, rgx));
        }
    }

    private readonly struct Curved(IlgpuDevice device, Tensor x, Tensor y, Tensor rx, Tensor gy, Tensor rgy, Tensor rgx) : IActivationDerivativesUse
    {
        public void With<TFunction>()
            where TFunction : struct, IActivationDerivatives => device.Stream(KernelShapes.ActivationGradientTangent(x.Count), new GradientTangent<TFunction>
            {
                X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), InputTangent = DeviceMemory.Of(rx), Gradient = DeviceMemory.Of(gy),
                GradientTangentIn = DeviceMemory.Of(rgy), GradientTangentOut = DeviceMemory.Of(rgx),
            });
    }

    internal struct GradientTangent<TFunction> : IStream
        where TFunction : struct, IActivationDerivatives
    {
        public ArrayView<float> X, Y, InputTangent, Gradient, GradientTangentIn, GradientTangentOut;

        public readonly bool IsAligned => DeviceMemory.AreAligned(X, Y, InputTangent, Gradient, GradientTangentIn, GradientTangentOut);

        public readonly void At<TWord>(int i)
            where TWord : struct, IWord<TWord>
        {
            TWord first = TFunction.First(TWord.Load(X, i), TWord.Load(Y, i), out TWord second);
            TWord bent = TWord.Load(Gradient, i) * second * TWord.Load(InputTangent, i);
            TWord.Store(GradientTangentOut, i, (TWord.Load(GradientTangentIn, i) * first) + bent);
        }
    }
}
