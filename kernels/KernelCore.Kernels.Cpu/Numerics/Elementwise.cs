using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// An operation in which element i of every operand meets element i of the others. The struct holds the operands'
/// addresses and constants; because each element is loaded before it is stored, operands may coincide.
/// </summary>
internal interface IElementwise
{
    /// <summary>Handles elements i, ..., i + TLanes.Count - 1.</summary>
    void Apply<TLanes>(nint i)
        where TLanes : struct, ILanes<TLanes>;
}

/// <summary>Runs elementwise operations with the widest registers there are, then narrower ones, then single elements.</summary>
internal static class Elementwise
{
    /// <summary>All elements in [0, count), on all threads if there are many.</summary>
    public static void Run<TOperation>(WorkerPool pool, int count, TOperation operation)
        where TOperation : struct, IElementwise
    {
        var body = new Body<TOperation> { Operation = operation };
        RangeLoop.Run(pool, count, Parallelism.Elements(1), ref body);
    }

    /// <summary>The elements in [first, end), on this thread.</summary>
    public static void Run<TOperation>(nint first, nint end, TOperation operation)
        where TOperation : struct, IElementwise
    {
        nint i = first;
        if (Vector512.IsHardwareAccelerated)
        {
            i = Run<TOperation, Lanes16>(i, end, operation);
        }

        if (Vector256.IsHardwareAccelerated && i < end)
        {
            i = Run<TOperation, Lanes8>(i, end, operation);
        }

        if (Vector128.IsHardwareAccelerated && i < end)
        {
            i = Run<TOperation, Lanes4>(i, end, operation);
        }

        if (i < end)
        {
            Run<TOperation, Lane>(i, end, operation);
        }
    }

    /// <summary>As many elements as fill whole registers. A method per width, because the JIT stops inlining in one that grows too long.</summary>
    /// <returns>The first element that is left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static nint Run<TOperation, TLanes>(nint first, nint end, TOperation operation)
        where TOperation : struct, IElementwise
        where TLanes : struct, ILanes<TLanes>
    {
        nint i = first;
        for (; i + TLanes.Count <= end; i += TLanes.Count)
        {
            operation.Apply<TLanes>(i);
        }

        return i;
    }

    private struct Body<TOperation> : IRangeBody
        where TOperation : struct, IElementwise
    {
        public TOperation Operation;

        public readonly void Run(int first, int end, int worker) => Elementwise.Run(first, end, Operation);
    }
}
