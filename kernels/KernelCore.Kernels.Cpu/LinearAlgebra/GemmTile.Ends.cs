using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KernelCore.Kernels.Cpu;

/// <content>What becomes of a tile when its sums are complete.</content>
internal static unsafe partial class GemmTile<TLanes>
{
    /// <summary>What becomes of the tile.</summary>
    private interface IEnd
    {
        /// <summary>Takes rows <paramref name="row"/> and <paramref name="row"/> + 1.</summary>
        static abstract void Take(in GemmTarget target, int row, in RowPair sums);
    }

    /// <summary>It goes to c.</summary>
    private readonly struct Stored : IEnd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(in GemmTarget target, int row, in RowPair sums)
        {
            Store(target, row, sums.Left, sums.Right);
            Store(target, row + 1, sums.NextLeft, sums.NextRight);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(in GemmTarget target, int row, TLanes left, TLanes right)
        {
            float* c = target.C + (row * target.RowC);
            TLanes alpha = TLanes.Broadcast(target.Alpha);
            if (target.Beta == 0)
            {
                left = alpha * left;
                right = alpha * right;
            }
            else
            {
                TLanes beta = TLanes.Broadcast(target.Beta);
                left = TLanes.MultiplyAdd(alpha, left, beta * TLanes.Load(c));
                right = TLanes.MultiplyAdd(alpha, right, beta * TLanes.Load(c + TLanes.Count));
            }

            if (target.Bias != null)
            {
                float* bias = target.Bias + (row * target.RowBias);
                left += target.RowBias == 0 ? TLanes.Load(bias) : TLanes.Broadcast(*bias);
                right += target.RowBias == 0 ? TLanes.Load(bias + TLanes.Count) : TLanes.Broadcast(*bias);
            }

            left.Store(c);
            right.Store(c + TLanes.Count);
        }
    }

    /// <summary>Its rows' dots with those of c: the two halves of a row in float32, one fused onto the other, their lanes as <see cref="ILanes{TSelf}.Sums"/> adds them.</summary>
    private readonly struct Dotted : IEnd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(in GemmTarget target, int row, in RowPair sums)
        {
            Vector128<double> dots = TLanes.Sums(Products(target, row, sums.Left, sums.Right), Products(target, row + 1, sums.NextLeft, sums.NextRight)) * target.Alpha;
            Add(target, dots, target.Dots + row);
        }
    }

    /// <summary>The dots of rows of c, which are in cache now, with the bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void DotBias(int rows, in GemmTarget target)
    {
        TLanes left = TLanes.Load(target.Bias), right = TLanes.Load(target.Bias + TLanes.Count);
        for (int row = 0; row < rows; row += 2)
        {
            Add(target, TLanes.Sums(Products(target, row, left, right), Products(target, row + 1, left, right)), target.BiasDots + row);
        }
    }

    /// <summary>Adds dots of two rows to sums; to none where these begin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(in GemmTarget target, Vector128<double> dots, double* sums) =>
        (target.Beta == 0 ? dots : dots + Vector128.Load(sums)).Store(sums);

    /// <summary>The products of a row, in two registers, with that of c, its halves added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Products(TLanes left, TLanes right, float* c)
    {
        TLanes products = left * TLanes.Load(c);
        products.AddProduct(right, TLanes.Load(c + TLanes.Count));
        return products;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Products(in GemmTarget target, int row, TLanes left, TLanes right) => Products(left, right, target.C + (row * target.RowC));
}
