using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Stores a thread's elements of a tile, as far as the matrix goes.</summary>
internal static class TileStore
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TTile, TTo>(TTo to, TileFrame frame, Quad elements)
        where TTile : struct, ITile
        where TTo : struct, IDestination
    {
        MatrixStart start = to.Start(frame.Batch);
        int row = frame.FirstRow + (4 * TTile.Down), column = frame.FirstColumn + (4 * TTile.Across);
        Store(to, start, frame, row, column, elements.Row0);
        Store(to, start, frame, row + 1, column, elements.Row1);
        Store(to, start, frame, row + 2, column, elements.Row2);
        Store(to, start, frame, row + 3, column, elements.Row3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TTo>(TTo to, MatrixStart start, TileFrame frame, int row, int column, Float4 elements)
        where TTo : struct, IDestination
    {
        if (row < frame.Rows)
        {
            Store(to, start, frame, row, column, elements.X);
            Store(to, start, frame, row, column + 1, elements.Y);
            Store(to, start, frame, row, column + 2, elements.Z);
            Store(to, start, frame, row, column + 3, elements.W);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TTo>(TTo to, MatrixStart start, TileFrame frame, int row, int column, float element)
        where TTo : struct, IDestination
    {
        if (column < frame.Columns)
        {
            to.Store(start, row, column, element);
        }
    }
}
