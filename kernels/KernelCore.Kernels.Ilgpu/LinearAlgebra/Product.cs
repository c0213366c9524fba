using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Batched product C_b = alpha L_b R_b^T + beta C_b + bias. A group computes a square tile of C: it brings slabs of both
/// operands into shared memory, every thread keeps 4 x 4 sums in registers. Each element is summed in increasing depth.
/// </summary>
internal struct Product<TTile, TLeft, TRight> : IGridKernel
    where TTile : struct, ITile
    where TLeft : struct, IOperand
    where TRight : struct, IOperand
{
    public TLeft Left;
    public TRight Right;
    public ArrayView<float> C, Bias;
    public int Rows, Columns, Depth, Stride;
    public BatchLayout Batches;
    public float Alpha, Beta;

    /// <summary>0 when the bias belongs to columns; else to rows (output channels), and repeats after so many batches (groups).</summary>
    public int BiasGroups;

    public readonly void Run()
    {
        int extent = 4 * TTile.Side;
        int acrossTiles = (Columns + extent - 1) / extent, downTiles = (Rows + extent - 1) / extent;
        int tile = Grid.IdxX, batch = tile / (acrossTiles * downTiles);
        int firstRow = tile / acrossTiles % downTiles * extent, firstColumn = tile % acrossTiles * extent;
        int down = Group.IdxX / TTile.Side * 4, across = Group.IdxX % TTile.Side * 4;

        ArrayView<Float4> left = SharedMemory.Allocate<Float4>(TTile.Slab * TTile.Side), right = SharedMemory.Allocate<Float4>(TTile.Slab * TTile.Side);
        Float4 sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (int start = 0; start < Depth; start += TTile.Slab)
        {
            if (start > 0)
            {
                TTile.Synchronize();
            }

            Load(Left, left.Cast<float>(), batch, firstRow, Rows, start);
            Load(Right, right.Cast<float>(), batch, firstColumn, Columns, start);
            TTile.Synchronize();
            int slab = IntrinsicMath.Min(TTile.Slab, Depth - start);
            for (int p = 0; p < slab; p++)
            {
                Float4 a = left[(p * TTile.Side) + (down / 4)], b = right[(p * TTile.Side) + (across / 4)];
                sum0 = sum0.Add(a.X, b);
                sum1 = sum1.Add(a.Y, b);
                sum2 = sum2.Add(a.Z, b);
                sum3 = sum3.Add(a.W, b);
            }
        }

        int row = firstRow + down, column = firstColumn + across;
        Store(batch, row, column, sum0);
        Store(batch, row + 1, column, sum1);
        Store(batch, row + 2, column, sum2);
        Store(batch, row + 3, column, sum3);
    }

    /// <summary>Brings a slab to shared memory, depth by depth; zeros beyond the edges.</summary>
    private readonly void Load<TOperand>(TOperand operand, ArrayView<float> slab, int batch, int first, int end, int start)
        where TOperand : struct, IOperand
    {
        int extent = 4 * TTile.Side;
        for (int e = Group.IdxX; e < TTile.Slab * extent; e += TTile.Side * TTile.Side)
        {
            // Neighbouring threads take neighbouring addresses.
            int p = operand.DepthIsContiguous ? e % TTile.Slab : e / extent, i = operand.DepthIsContiguous ? e / TTile.Slab : e % extent;
            slab[(p * extent) + i] = first + i < end && start + p < Depth ? operand.At(batch, first + i, start + p) : 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Store(int batch, int row, int column, Float4 sums)
    {
        if (row < Rows)
        {
            Store(batch, row, column, sums.X);
            Store(batch, row, column + 1, sums.Y);
            Store(batch, row, column + 2, sums.Z);
            Store(batch, row, column + 3, sums.W);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Store(int batch, int row, int column, float sum)
    {
        if (column < Columns)
        {
            int at = Batches.Offset(batch) + (row * Stride) + column;
            float value = Depth == 0 ? 0 : Alpha * sum;
            value = Beta == 0 ? value : value + (Beta * C[at]);
            C[at] = Bias.Length == 0 ? value : value + Bias[BiasGroups == 0 ? column : (batch % BiasGroups * Rows) + row];
        }
    }
}
