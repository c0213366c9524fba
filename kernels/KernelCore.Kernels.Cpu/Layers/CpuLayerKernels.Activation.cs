using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void Activation(ActivationKind kind, float slope, Tensor x, Tensor y) =>
        ActivationDispatch.Run(kind, new Forward(device, slope, x, y));

    public void ActivationGradient(ActivationKind kind, float slope, Tensor x, Tensor y, Tensor gy, Tensor gx) =>
        ActivationDispatch.Run(kind, new Backward(device, slope, x, y, gy, gx));

    private readonly struct Forward(CpuDevice device, float slope, Tensor x, Tensor y) : IActivationUse
    {
        public void With<TFunction>()
            where TFunction : struct, IActivation =>
            Elementwise.Run(device.Pool, (int)x.Count, new ActivationPass<TFunction> { X = HostMemory.Of(x), Y = HostMemory.Of(y), Slope = slope });
    }

    private readonly struct Backward(CpuDevice device, float slope, Tensor x, Tensor y, Tensor gy, Tensor gx) : IActivationUse
    {
        public void With<TFunction>()
            where TFunction : struct, IActivation => Elementwise.Run(device.Pool, (int)x.Count, new BackwardPass<TFunction>
            {
                X = HostMemory.Of(x), Y = HostMemory.Of(y), OutputGradient = HostMemory.Of(gy), InputGradient = HostMemory.Of(gx), Slope = slope,
            });
    }

    private struct BackwardPass<TFunction> : IElementwise
        where TFunction : struct, IActivation
    {
        public float* X, Y, OutputGradient, InputGradient;
        public float Slope;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> => TFunction.Gradient(
                TLanes.Load(X + i), TLanes.Load(Y + i), TLanes.Load(OutputGradient + i), TLanes.Broadcast(Slope)).Store(InputGradient + i);
    }
}
