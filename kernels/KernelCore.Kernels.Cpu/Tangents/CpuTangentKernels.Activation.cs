using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuTangentKernels
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

    private readonly struct Curved(CpuDevice device, Tensor x, Tensor y, Tensor rx, Tensor gy, Tensor rgy, Tensor rgx) : IActivationDerivativesUse
    {
        public void With<TFunction>()
            where TFunction : struct, IActivationDerivatives => Elementwise.Run(device.Pool, (int)x.Count, new GradientTangent<TFunction>
            {
                X = HostMemory.Of(x), Y = HostMemory.Of(y), InputTangent = HostMemory.Of(rx), Gradient = HostMemory.Of(gy),
                GradientTangentIn = HostMemory.Of(rgy), GradientTangentOut = HostMemory.Of(rgx),
            });
    }

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
