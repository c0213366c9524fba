using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>The sums of <see cref="HeadRow{TLanes}"/> for as many samples as a register has lanes, and what follows from them.</summary>
internal unsafe struct HeadSums<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Floats per sample.</summary>
    public const int Count = 6;

    // 0 instead of 1 where there is no other class; the sums are 0 then.
    private readonly TLanes _one;

    private readonly TLanes _squares, _biases;

    /// <param name="sums">[<see cref="Count"/>, lanes]: m, its class, and the sums of q, q^2, q (s - m) and q b over the other classes, the last after <see cref="AddBiasOfMax"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HeadSums(float* sums)
    {
        Max = TLanes.Load(sums);
        MaxClass = TLanes.Load(sums + TLanes.Count);
        _one = TLanes.WhereLess(Max, TLanes.Broadcast(float.MinValue), TLanes.Broadcast(0), TLanes.Broadcast(1));
        Others = TLanes.Load(sums + (2 * TLanes.Count));
        _squares = TLanes.Load(sums + (3 * TLanes.Count));
        Gap = TLanes.Broadcast(0) - TLanes.Load(sums + (4 * TLanes.Count));
        _biases = TLanes.Load(sums + (5 * TLanes.Count));
    }

    /// <summary>m; minus infinity when there is no other class.</summary>
    public TLanes Max { get; }

    /// <summary>First class whose logit is m.</summary>
    public TLanes MaxClass { get; }

    /// <summary>sum of q_c over the classes but that of m: the sum of all, less 1.</summary>
    public TLanes Others { get; }

    /// <summary>sum of q_c (m - s_c), not negative.</summary>
    public TLanes Gap { get; }

    /// <summary>sum of q_c.</summary>
    public readonly TLanes Total
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Others + _one;
    }

    /// <summary>||q||, the label's component included.</summary>
    public readonly TLanes Norm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Sqrt(TLanes.MultiplyAdd(Total, Total, _squares + _one));
    }

    /// <summary>Adds the class of m, whose q is 1, to the sum of q b of one lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddBiasOfMax(float* sums, float* bias) => sums[5 * TLanes.Count] += bias[(int)sums[TLanes.Count]];

    /// <summary>q . (s - b) = sum of q_c ((s_c - b_c) - (s_y - b_y)).</summary>
    /// <param name="ownOutput">s_y - b_y.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TLanes Dot(TLanes ownOutput)
    {
        TLanes zero = TLanes.Broadcast(0), atMax = Max - ownOutput;
        return TLanes.WhereLess(zero, Total, (Total * atMax) - Gap - _biases, zero * ownOutput);
    }
}
