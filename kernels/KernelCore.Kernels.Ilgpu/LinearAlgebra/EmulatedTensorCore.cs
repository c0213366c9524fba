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

    public static Quad Zero(int square) => default;

    public static Quad MultiplyAdd(int square, Quad sums, in LeftFragments a, in RightFragments b)
    {
        // Every allocation of the emulator gives new memory: nobody has to wait before the next.
        ArrayView<int> shown = SharedMemory.Allocate<int>(MaxThreads * Held);
        int mine = Group.IdxX * Held, warp = Group.IdxX / WarpSize * WarpSize * Held, g = Group.IdxX % WarpSize / 4, t = Group.IdxX % 4;
        shown[mine] = a.A0;
        shown[mine + 1] = a.A1;
        shown[mine + 2] = a.A2;
        shown[mine + 3] = a.A3;
        shown[mine + 4] = a.A4;
        shown[mine + 5] = a.A5;
        shown[mine + 6] = a.A6;
        shown[mine + 7] = a.A7;
        shown[mine + 8] = b.B0;
        shown[mine + 9] = b.B1;
        shown[mine + 10] = b.B2;
        shown[mine + 11] = b.B3;
        Warp.Barrier();
        for (int word = 0; word < 8; word++)
        {
            // Words 0 to 3 are in the first registers of lanes t, words 4 to 7 in the next ones; columns 2t and 2t + 1 in lanes of their own.
            int high = word / 4, left = warp + (((4 * g) + (word % 4)) * Held) + (2 * high), right = warp + (((8 * t) + (word % 4)) * Held) + 8 + high;
            sums.Row0 = Block(sums.Row0, shown, left, right);
            sums.Row1 = Block(sums.Row1, shown, left, right + 2);
            sums.Row2 = Block(sums.Row2, shown, left + 4, right);
            sums.Row3 = Block(sums.Row3, shown, left + 4, right + 2);
        }

        return sums;
    }

    public static void Store(Quad sums, ArrayView<float> to, int stride)
    {
        Store(sums.Row0, to, 0, stride);
        Store(sums.Row1, to, 8, stride);
        Store(sums.Row2, to, 16 * stride, stride);
        Store(sums.Row3, to, (16 * stride) + 8, stride);
    }

    public static void Rest()
    {
    }

    /// <summary>Rows g and g + 8, which the same lane holds, times columns 2t and 2t + 1, which neighbours in g hold.</summary>
    private static Float4 Block(Float4 sums, ArrayView<int> shown, int a, int b) => new()
    {
        X = TFormat.MultiplyAdd(sums.X, shown[a], shown[b]),
        Y = TFormat.MultiplyAdd(sums.Y, shown[a], shown[b + (4 * Held)]),
        Z = TFormat.MultiplyAdd(sums.Z, shown[a + 1], shown[b]),
        W = TFormat.MultiplyAdd(sums.W, shown[a + 1], shown[b + (4 * Held)]),
    };

    private static void Store(Float4 block, ArrayView<float> to, int at, int stride)
    {
        to[at] = block.X;
        to[at + 1] = block.Y;
        to[at + (8 * stride)] = block.Z;
        to[at + (8 * stride) + 1] = block.W;
    }
}
