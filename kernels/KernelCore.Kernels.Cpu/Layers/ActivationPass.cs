using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>y = f(x) elementwise.</summary>
internal unsafe struct ActivationPass<TFunction> : IElementwise
    where TFunction : struct, IActivation
{
    public float* X, Y;
    public float Slope;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Apply<TLanes>(nint i)
        where TLanes : struct, ILanes<TLanes> => TFunction.Value(TLanes.Load(X + i), TLanes.Broadcast(Slope)).Store(Y + i);
}
