using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>A tile of several squares.</summary>
internal interface IWideTile : ITile<Quads>
{
    /// <summary>The sums without the first square: the next one is the first now.</summary>
    static abstract Quads Rest(Quads sums);
}

/// <summary>What wide tiles have in common.</summary>
internal static class WideTiles
{
    /// <summary>Hands the squares on in a loop: there is the code of a sink, and its shared memory, once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void HandTo<TTile, TSink>(TSink sink, TileFrame frame, Quads sums, ArrayView<Float4> slabs)
        where TTile : struct, IWideTile
        where TSink : struct, ISink
    {
        for (int k = 0; k < Quads.Reach * Quads.Reach; k++)
        {
            TileFrame place = frame.Square(k / Quads.Reach, k % Quads.Reach, 4 * TTile.Side);
            if (place.FirstRow < frame.Rows && place.FirstColumn < frame.Columns)
            {
                sink.Take<TTile>(place, TTile.First(sums, slabs));
                TTile.Synchronize();
            }

            sums = TTile.Rest(sums);
        }
    }
}
