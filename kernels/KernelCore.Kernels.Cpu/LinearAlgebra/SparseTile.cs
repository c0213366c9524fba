using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>Rows of sums as wide as twelve registers, one after another: the innermost kernel of a product whose left operand is mostly zero.</summary>
/// <remarks>
/// A nonzero costs twelve multiply-adds that read B themselves. Its own value is a quarter of a register: more reads than multiply-adds would set
/// the pace. Lane j of register v is sum v Count + j; one multiply-add per lane and nonzero, in the order of the list. Narrow panels have kernels
/// of eight and four registers: the JIT drops the others, because the number is a constant to it.
/// </remarks>
internal static unsafe class SparseTile<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Sums of a row: the width of B's panels.</summary>
    public static int Columns
    {
        // Forced, as in the tile of a dense product.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 12 * TLanes.Count;
    }

    /// <summary>Most terms of a panel of B: 24 KiB, which stay in the first-level cache while all rows pass.</summary>
    public static int Terms => 512 / TLanes.Count;

    /// <summary>sums[i, j] += sum over list i of value b[offset + j], from zero where the sums begin.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Sums of a row that are wanted; the rest of a register, and of a kernel, is computed with them.</param>
    /// <param name="bounds">[rows, 2]: where each list begins and ends.</param>
    /// <param name="offsets">Where in b the row of each nonzero begins.</param>
    /// <param name="values">The nonzeros.</param>
    /// <param name="b">A panel of B.</param>
    /// <param name="sums">[rows, <see cref="Columns"/>].</param>
    /// <param name="begins">Whether the sums begin here.</param>
    public static void Multiply(int rows, int columns, int* bounds, ushort* offsets, float* values, float* b, float* sums, bool begins)
    {
        if (columns > 8 * TLanes.Count)
        {
            Multiply<Twelve>(rows, bounds, offsets, values, b, sums, begins);
        }
        else if (columns > 4 * TLanes.Count)
        {
            Multiply<Eight>(rows, bounds, offsets, values, b, sums, begins);
        }
        else
        {
            Multiply<Four>(rows, bounds, offsets, values, b, sums, begins);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply<TCount>(int rows, int* bounds, ushort* offsets, float* values, float* b, float* sums, bool begins)
        where TCount : struct, ICount
    {
        for (; rows != 0; rows--)
        {
            TLanes s0 = default, s1 = default, s2 = default, s3 = default;
            TLanes s4 = default, s5 = default, s6 = default, s7 = default;
            TLanes s8 = default, s9 = default, s10 = default, s11 = default;
            if (!begins)
            {
                Load(sums, out s0, out s1, out s2, out s3);
                if (TCount.Value > 4)
                {
                    Load(sums + (4 * TLanes.Count), out s4, out s5, out s6, out s7);
                }

                if (TCount.Value > 8)
                {
                    Load(sums + (8 * TLanes.Count), out s8, out s9, out s10, out s11);
                }
            }

            nint i = *bounds++, end = *bounds++;
            for (; TLanes.Count >= 4 && i + 4 <= end; i += 4)
            {
                TLanes quad = TLanes.LoadQuad(values + i);
                Add<TCount>(TLanes.BroadcastOf(quad, 0), b + offsets[i], ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11);
                Add<TCount>(TLanes.BroadcastOf(quad, 1), b + offsets[i + 1], ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11);
                Add<TCount>(TLanes.BroadcastOf(quad, 2), b + offsets[i + 2], ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11);
                Add<TCount>(TLanes.BroadcastOf(quad, 3), b + offsets[i + 3], ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11);
            }

            for (; i != end; i++)
            {
                Add<TCount>(TLanes.Broadcast(values[i]), b + offsets[i], ref s0, ref s1, ref s2, ref s3, ref s4, ref s5, ref s6, ref s7, ref s8, ref s9, ref s10, ref s11);
            }

            Store(sums, s0, s1, s2, s3);
            if (TCount.Value > 4)
            {
                Store(sums + (4 * TLanes.Count), s4, s5, s6, s7);
            }

            if (TCount.Value > 8)
            {
                Store(sums + (8 * TLanes.Count), s8, s9, s10, s11);
            }

            sums += Columns;
        }
    }

    /// <summary>Adds the products of one nonzero with its row of B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TCount>(
        TLanes value, float* row, ref TLanes s0, ref TLanes s1, ref TLanes s2, ref TLanes s3,
        ref TLanes s4, ref TLanes s5, ref TLanes s6, ref TLanes s7, ref TLanes s8, ref TLanes s9, ref TLanes s10, ref TLanes s11)
        where TCount : struct, ICount
    {
        s0.AddProduct(value, row);
        s1.AddProduct(value, row + TLanes.Count);
        s2.AddProduct(value, row + (2 * TLanes.Count));
        s3.AddProduct(value, row + (3 * TLanes.Count));
        if (TCount.Value > 4)
        {
            s4.AddProduct(value, row + (4 * TLanes.Count));
            s5.AddProduct(value, row + (5 * TLanes.Count));
            s6.AddProduct(value, row + (6 * TLanes.Count));
            s7.AddProduct(value, row + (7 * TLanes.Count));
        }

        if (TCount.Value > 8)
        {
            s8.AddProduct(value, row + (8 * TLanes.Count));
            s9.AddProduct(value, row + (9 * TLanes.Count));
            s10.AddProduct(value, row + (10 * TLanes.Count));
            s11.AddProduct(value, row + (11 * TLanes.Count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(float* sums, out TLanes s0, out TLanes s1, out TLanes s2, out TLanes s3)
    {
        s0 = TLanes.Load(sums);
        s1 = TLanes.Load(sums + TLanes.Count);
        s2 = TLanes.Load(sums + (2 * TLanes.Count));
        s3 = TLanes.Load(sums + (3 * TLanes.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* sums, TLanes s0, TLanes s1, TLanes s2, TLanes s3)
    {
        s0.Store(sums);
        s1.Store(sums + TLanes.Count);
        s2.Store(sums + (2 * TLanes.Count));
        s3.Store(sums + (3 * TLanes.Count));
    }
}
