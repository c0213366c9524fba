using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>8 x 8 elements: those of one thread in two rows of two squares.</summary>
internal struct Quads : ISums<Quads>
{
    public Quad TopLeft, TopRight, BottomLeft, BottomRight;

    public static int Reach => 2;

    /// <summary>Two: one of them multiplies while the other waits for memory. That leaves each thread 128 registers.</summary>
    public static int GroupsEach => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Quads Times(Quads other) => new()
    {
        TopLeft = TopLeft.Times(other.TopLeft),
        TopRight = TopRight.Times(other.TopRight),
        BottomLeft = BottomLeft.Times(other.BottomLeft),
        BottomRight = BottomRight.Times(other.BottomRight),
    };

    /// <summary>In a loop: there is the code of a sink, and its shared memory, once.</summary>
    public readonly void HandTo<TTile, TSink>(TSink sink, TileFrame frame)
        where TTile : struct, ITile
        where TSink : struct, ISink
    {
        Quads rest = this;
        for (int k = 0; k < Reach * Reach; k++)
        {
            TileFrame place = frame.Square(k / Reach, k % Reach, 4 * TTile.Side);
            if (place.FirstRow < frame.Rows && place.FirstColumn < frame.Columns)
            {
                sink.Take<TTile>(place, rest.TopLeft);
                TTile.Synchronize();
            }

            rest = new Quads { TopLeft = rest.TopRight, TopRight = rest.BottomLeft, BottomLeft = rest.BottomRight };
        }
    }
}
