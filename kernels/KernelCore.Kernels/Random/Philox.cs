using System.Runtime.CompilerServices;

namespace KernelCore.Kernels;

/// <summary>
/// Philox4x32-10, a counter-based generator: number <c>i</c> of stream <c>s</c> under a seed is a pure function of
/// the three, so every backend and every thread count draws the same numbers.
/// </summary>
/// <remarks>
/// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). Counter words are
/// (index low, index high, stream low, stream high); the key is the seed. Each block gives four 32-bit words;
/// element <c>i</c> is word <c>i % 4</c> of block <c>i / 4</c>.
/// </remarks>
public static class Philox
{
    private const uint M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;

    /// <summary>Four random 32-bit words: one block of the generator.</summary>
    /// <param name="seed">Key.</param>
    /// <param name="stream">Which sequence.</param>
    /// <param name="block">Which block of the sequence.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (uint X, uint Y, uint Z, uint W) Block(ulong seed, ulong stream, ulong block)
    {
        uint c0 = (uint)block, c1 = (uint)(block >> 32), c2 = (uint)stream, c3 = (uint)(stream >> 32);
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)M0 * c0, p1 = (ulong)M1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += W0;
            k1 += W1;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>Word <paramref name="index"/> of a stream.</summary>
    public static uint UInt32(ulong seed, ulong stream, ulong index)
    {
        var (x, y, z, w) = Block(seed, stream, index >> 2);
        return (index & 3) switch { 0 => x, 1 => y, 2 => z, _ => w };
    }

    /// <summary>Uniform on [0, 1) with 24 random bits.</summary>
    public static float Uniform(ulong seed, ulong stream, ulong index) => (UInt32(seed, stream, index) >> 8) * (1f / (1 << 24));

    /// <summary>Uniform on {0, ..., bound - 1}, by 64-bit multiply and shift (bias below 2^-32 x bound).</summary>
    public static int Integer(ulong seed, ulong stream, ulong index, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)(((ulong)UInt32(seed, stream, index) * (uint)bound) >> 32);
    }

    /// <summary>Standard normal by Box-Muller; element pairs (2j, 2j+1) share two uniforms. Computed in double.</summary>
    public static float Normal(ulong seed, ulong stream, ulong index)
    {
        ulong pair = index >> 1;
        var (x, y, z, w) = Block(seed, stream, pair >> 1);
        var (a, b) = (pair & 1) == 0 ? (x, y) : (z, w);
        double radius = Math.Sqrt(-2 * Math.Log((a + 1.0) / 4294967296.0));
        double angle = 2 * Math.PI * (b / 4294967296.0);
        return (float)(radius * ((index & 1) == 0 ? Math.Cos(angle) : Math.Sin(angle)));
    }

    /// <summary>Shuffles a span in place (Fisher-Yates), the same way everywhere.</summary>
    public static void Shuffle<T>(Span<T> values, ulong seed, ulong stream)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = Integer(seed, stream, (ulong)i, i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }
}
