using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What a pass over a row reads, or writes, at one place: a number or a word of each of up to four tensors.</summary>
internal readonly struct Operands<T>
    where T : struct
{
    public readonly T A, B, C, D;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Operands(T a, T b = default, T c = default, T d = default) => (A, B, C, D) = (a, b, c, d);
}
