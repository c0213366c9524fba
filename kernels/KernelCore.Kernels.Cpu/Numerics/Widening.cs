using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Moves one <see cref="Vector{T}"/> of doubles from and to half as many bytes of float32 memory.</summary>
/// <remarks>x64 vectors have 2, 4 or (where a process asks for it) 8 doubles, all others 2.</remarks>
internal static unsafe class Widening
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Load(float* source)
    {
        if (Avx512F.IsSupported && Vector<double>.Count == 8)
        {
            return Avx512F.ConvertToVector512Double(Vector256.Load(source)).AsVector();
        }

        return Avx.IsSupported && Vector<double>.Count == 4
            ? Avx.ConvertToVector256Double(Vector128.Load(source)).AsVector()
            : Vector128.Create((double)source[0], source[1]).AsVector();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector<double> lanes, float* destination)
    {
        if (Avx512F.IsSupported && Vector<double>.Count == 8)
        {
            Avx512F.ConvertToVector256Single(lanes.AsVector512()).Store(destination);
        }
        else if (Avx.IsSupported && Vector<double>.Count == 4)
        {
            Avx.ConvertToVector128Single(lanes.AsVector256()).Store(destination);
        }
        else
        {
            destination[0] = (float)lanes[0];
            destination[1] = (float)lanes[1];
        }
    }
}
