using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What the instruction does, for the emulator: every thread shows its fragments to its warp and sums its own elements.</summary>
internal readonly struct EmulatedTensorCore<TFormat> : ITensorCore
    where TFormat : struct, ITensorFormat
{
    private const int WarpSize = 32, MaxThreads = 64, Held = 12;

    public static void Begin()
    {
    }

    public static Quad Zero() => default;

    public static Quad MultiplyAdd(Quad sums, in WarpFragments fragments)
    {
        // Every allocation of the emulator gives new memory: nobody has to wait before the next.
        ArrayView<int> shown = SharedMemory.Allocate<int>(MaxThreads * Held);
        int mine = Group.IdxX * Held, warp = Group.IdxX / WarpSize * WarpSize * Held, g = Group.IdxX % WarpSize / 4, t = Group.IdxX % 4;
        shown[mine] = fragments.A0;
        shown[mine + 1] = fragments.A1;
        shown[mine + 2] = fragments.A2;
        shown[mine + 3] = fragments.A3;
        shown[mine + 4] = fragments.B0;
        shown[mine + 5] = fragments.B1;
        shown[mine + 6] = fragments.B2;
        shown[mine + 7] = fragments.B3;
        shown[mine + 8] = fragments.B4;
        shown[mine + 9] = fragments.B5;
        shown[mine + 10] = fragments.B6;
        shown[mine + 11] = fragments.B7;
        Warp.Barrier();
        for (int word = 0; word < 8; word++)
        {
            // Words 0 to 3 are in the first registers of lanes t, words 4 to 7 in the next ones; columns 2t and 2t + 1 in lanes of their own.
            int high = word / 4, a = warp + (((4 * g) + (word % 4)) * Held) + (2 * high), b = warp + (((8 * t) + (word % 4)) * Held) + 4 + high;
            sums.Row0 = Block(sums.Row0, shown, a, b);
            sums.Row1 = Block(sums.Row1, shown, a, b + 2);
            sums.Row2 = Block(sums.Row2, shown, a, b + 4);
            sums.Row3 = Block(sums.Row3, shown, a, b + 6);
        }

        return sums;
    }

    public static void Store(Quad sums, ArrayView<float> to, int at, int down)
    {
        Store(sums.Row0, to, at, down);
        Store(sums.Row1, to, at + 8, down);
        Store(sums.Row2, to, at + 16, down);
        Store(sums.Row3, to, at + 24, down);
    }

    /// <summary>Rows g and g + 8, which the same lane holds, times columns 2t and 2t + 1, which neighbours in g hold.</summary>
    private static Float4 Block(Float4 sums, ArrayView<int> shown, int a, int b) => new()
    {
        X = TFormat.MultiplyAdd(sums.X, shown[a], shown[b]),
        Y = TFormat.MultiplyAdd(sums.Y, shown[a], shown[b + (4 * Held)]),
        Z = TFormat.MultiplyAdd(sums.Z, shown[a + 1], shown[b]),
        W = TFormat.MultiplyAdd(sums.W, shown[a + 1], shown[b + (4 * Held)]),
    };

    private static void Store(Float4 block, ArrayView<float> to, int at, int down)
    {
        to[at] = block.X;
        to[at + 1] = block.Y;
        to[at + down] = block.Z;
        to[at + down + 1] = block.W;
    }
}
