using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Moves one <see cref="Vector{T}"/> of doubles from and to half as many bytes of float32 memory.</summary>
internal static unsafe class Widening
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Load(float* source)
    {
        if (Avx.IsSupported && Vector<double>.Count == 4)
        {
            return Avx.ConvertToVector256Double(Vector128.Load(source)).AsVector();
        }

        if (Vector<double>.Count == 2)
        {
            return Vector128.WidenLower(Vector128.CreateScalar(*(double*)source).AsSingle()).AsVector();
        }

        double* wide = stackalloc double[Vector<double>.Count];
        for (int i = 0; i < Vector<double>.Count; i++)
        {
            wide[i] = source[i];
        }

        return Vector.Load(wide);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector<double> lanes, float* destination)
    {
        if (Avx.IsSupported && Vector<double>.Count == 4)
        {
            Avx.ConvertToVector128Single(lanes.AsVector256()).Store(destination);
            return;
        }

        for (int i = 0; i < Vector<double>.Count; i++)
        {
            destination[i] = (float)lanes[i];
        }
    }
}
