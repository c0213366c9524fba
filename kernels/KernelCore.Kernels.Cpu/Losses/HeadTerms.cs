using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>Sums over q = exp(s - m), a term per lane at a time, in float32.</summary>
internal struct HeadTerms<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Smaller exponents are taken for this one, since subnormal numbers take a hundred times as long.</summary>
    private const float Lowest = -87;

    // e^Lowest = 1.6e-38, subtracted from every q: nothing next to the 1 of m, but what is left out counts for exactly 0.
    private readonly TLanes _shift, _least;

    /// <param name="max">m; where it is minus infinity, since there is nothing to add up, any other number serves as well.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HeadTerms(TLanes max)
    {
        Others = Squares = Below = Biases = TLanes.Broadcast(0);
        _least = Exp(TLanes.Broadcast(Lowest));
        _shift = TLanes.Max(max, TLanes.Broadcast(float.MinValue));
    }

    /// <summary>sum of q.</summary>
    public TLanes Others { get; private set; }

    /// <summary>sum of q^2.</summary>
    public TLanes Squares { get; private set; }

    /// <summary>sum of q (s - m).</summary>
    public TLanes Below { get; private set; }

    /// <summary>sum of q b.</summary>
    public TLanes Biases { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(TLanes logit, TLanes bias)
    {
        TLanes exponent = TLanes.Max(TLanes.Broadcast(Lowest), logit - _shift), q = Exp(exponent) - _least;
        Others += q;
        Squares = TLanes.MultiplyAdd(q, q, Squares);
        Below = TLanes.MultiplyAdd(q, exponent, Below);
        Biases = TLanes.MultiplyAdd(q, bias, Biases);
    }

    /// <summary>e^x from <see cref="Lowest"/> to 0, a normal number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Exp(TLanes x)
    {
        TLanes n = RealMath.ExpExponent(x);
        return TLanes.ScaleToNormal(RealMath.ExpFraction(x, n), n);
    }
}
