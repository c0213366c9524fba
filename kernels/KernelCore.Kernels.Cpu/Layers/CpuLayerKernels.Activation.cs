using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
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
        where TFunction : struct, IActivation => Elementwise.Run(
            device.Pool, (int)x.Count, new ForwardPass<TFunction> { X = HostMemory.Of(x), Y = HostMemory.Of(y), Slope = slope });

    private void Backward<TFunction>(float slope, Tensor x, Tensor y, Tensor gy, Tensor gx)
        where TFunction : struct, IActivation => Elementwise.Run(device.Pool, (int)x.Count, new BackwardPass<TFunction>
        {
            X = HostMemory.Of(x), Y = HostMemory.Of(y), OutputGradient = HostMemory.Of(gy), InputGradient = HostMemory.Of(gx), Slope = slope,
        });

    private struct ForwardPass<TFunction> : IElementwise
        where TFunction : struct, IActivation
    {
        public float* X, Y;
        public float Slope;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> => TFunction.Value(TLanes.Load(X + i), TLanes.Broadcast(Slope)).Store(Y + i);
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
