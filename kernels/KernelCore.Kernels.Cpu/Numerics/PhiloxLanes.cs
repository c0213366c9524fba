using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Four blocks of <see cref="Philox"/> at a time: the same words, in the same order.</summary>
/// <remarks>
/// Each 64-bit lane holds one block's counter word in its lower half; the upper half is whatever the last operation left
/// there, since the widening multiplication reads lower halves only.
/// </remarks>
internal static unsafe class PhiloxLanes
{
    /// <summary>Words per call.</summary>
    public const int Count = 16;

    private const uint M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;

    /// <summary>Writes words 4 block, ..., 4 block + 15 of a stream.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fill(ulong seed, ulong stream, ulong block, uint* words)
    {
        Vector256<ulong> counter = Vector256.Create(block) + Vector256.Create(0ul, 1, 2, 3);
        Vector256<ulong> c0 = counter, c1 = counter >> 32, c2 = Vector256.Create(stream), c3 = Vector256.Create(stream >> 32);
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            Vector256<ulong> p0 = WideProduct(c0, M0), p1 = WideProduct(c2, M1);
            c0 = (p1 >> 32) ^ c1 ^ Vector256.Create((ulong)k0);
            c1 = p1;
            c2 = (p0 >> 32) ^ c3 ^ Vector256.Create((ulong)k1);
            c3 = p0;
            k0 += W0;
            k1 += W1;
        }

        Vector256<ulong> low = Vector256.Create((ulong)uint.MaxValue);
        Vector256<ulong> xy = (c0 & low) | (c1 << 32), zw = (c2 & low) | (c3 << 32);
        ulong* pairs = (ulong*)words;
        for (int lane = 0; lane < 4; lane++)
        {
            pairs[2 * lane] = xy[lane];
            pairs[(2 * lane) + 1] = zw[lane];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> WideProduct(Vector256<ulong> a, uint b) => Avx2.IsSupported
        ? Avx2.Multiply(a.AsUInt32(), Vector256.Create((ulong)b).AsUInt32())
        : (a & Vector256.Create((ulong)uint.MaxValue)) * Vector256.Create((ulong)b);
}
