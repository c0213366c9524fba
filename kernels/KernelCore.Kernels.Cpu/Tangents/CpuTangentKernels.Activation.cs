using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuTangentKernels
{
    public void ActivationGradient(ActivationKind kind, float slope, Tensor x, Tensor y, Tensor rx, Tensor gy, Tensor rgy, Tensor rgx)
    {
        switch (kind)
        {
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
        where TFunction : struct, IActivationDerivatives => Elementwise.Run(device.Pool, (int)x.Count, new GradientTangent<TFunction>
        {
            X = HostMemory.Of(x),
            Y = HostMemory.Of(y),
            InputTangent = HostMemory.Of(rx),
            Gradient = HostMemory.Of(gy),
            GradientTangentIn = HostMemory.Of(rgy),
            GradientTangentOut = HostMemory.Of(rgx),
        });

    private struct GradientTangent<TFunction> : IElementwise
        where TFunction : struct, IActivationDerivatives
    {
        public float* X, Y, InputTangent, Gradient, GradientTangentIn, GradientTangentOut;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes first = TFunction.First(TLanes.Load(X + i), TLanes.Load(Y + i), out TLanes second);
            TLanes bent = TLanes.Load(Gradient + i) * second * TLanes.Load(InputTangent + i);
            TLanes.MultiplyAdd(TLanes.Load(GradientTangentIn + i), first, bent).Store(GradientTangentOut + i);
        }
    }
}
