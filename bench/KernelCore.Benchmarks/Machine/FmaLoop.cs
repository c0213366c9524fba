using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KernelCore.Benchmarks;

/// <summary>Independent fused multiply-adds in registers: the most that one thread of this machine can do.</summary>
public static class FmaLoop
{
    private const int Rounds = 100_000;

    /// <summary>Ten chains of one vector hide a latency of four or five cycles on two ports.</summary>
    private const int Chains = 10;

    /// <summary>Multiplications and additions of one call of <see cref="Run"/>.</summary>
    public static double Flops => 2.0 * Rounds * Chains * (Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4);

    /// <summary>Runs the chains. They are not inlined: a caller that drops the result would drop chains with it.</summary>
    public static float Run() =>
        Vector512.IsHardwareAccelerated ? Vector512.Sum(Run512(Vector512.Create(0.5f)))
        : Vector256.IsHardwareAccelerated ? Vector256.Sum(Run256(Vector256.Create(0.5f)))
        : Vector128.Sum(Run128(Vector128.Create(0.5f)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static Vector512<float> Run512(Vector512<float> x)
    {
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
        for (int round = 0; round < Rounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(x, x, a);
            b = Vector512.FusedMultiplyAdd(x, x, b);
            c = Vector512.FusedMultiplyAdd(x, x, c);
            d = Vector512.FusedMultiplyAdd(x, x, d);
            e = Vector512.FusedMultiplyAdd(x, x, e);
            f = Vector512.FusedMultiplyAdd(x, x, f);
            g = Vector512.FusedMultiplyAdd(x, x, g);
            h = Vector512.FusedMultiplyAdd(x, x, h);
            i = Vector512.FusedMultiplyAdd(x, x, i);
            j = Vector512.FusedMultiplyAdd(x, x, j);
        }

        return a + b + c + d + e + f + g + h + i + j;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static Vector256<float> Run256(Vector256<float> x)
    {
        Vector256<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
        for (int round = 0; round < Rounds; round++)
        {
            a = Vector256.FusedMultiplyAdd(x, x, a);
            b = Vector256.FusedMultiplyAdd(x, x, b);
            c = Vector256.FusedMultiplyAdd(x, x, c);
            d = Vector256.FusedMultiplyAdd(x, x, d);
            e = Vector256.FusedMultiplyAdd(x, x, e);
            f = Vector256.FusedMultiplyAdd(x, x, f);
            g = Vector256.FusedMultiplyAdd(x, x, g);
            h = Vector256.FusedMultiplyAdd(x, x, h);
            i = Vector256.FusedMultiplyAdd(x, x, i);
            j = Vector256.FusedMultiplyAdd(x, x, j);
        }

        return a + b + c + d + e + f + g + h + i + j;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static Vector128<float> Run128(Vector128<float> x)
    {
        Vector128<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
        for (int round = 0; round < Rounds; round++)
        {
            a = (x * x) + a;
            b = (x * x) + b;
            c = (x * x) + c;
            d = (x * x) + d;
            e = (x * x) + e;
            f = (x * x) + f;
            g = (x * x) + g;
            h = (x * x) + h;
            i = (x * x) + i;
            j = (x * x) + j;
        }

        return a + b + c + d + e + f + g + h + i + j;
    }
}
