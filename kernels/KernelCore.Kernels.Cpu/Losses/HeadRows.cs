using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// Sums over the classes c other than the label y, one sample per lane, with q_c = exp(s_c - m), m the largest logit so far.
/// Together with q_y = -sum q they are proportional to p - y, but nothing in them cancels or overflows, whatever the margin.
/// </summary>
/// <remarks>
/// Classes come in any number of panels [classes, lanes], each read while it is in the first-level cache: when one has a larger
/// logit, the sums are scaled to it. The class of the largest logit, whose q is 1, is kept apart from the sums of the others,
/// which would lose their last digits to it. Accumulators are float32.
/// </remarks>
internal unsafe struct HeadRows<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>From here down, q is taken for 0: next to the 1 of m it is less than 1e-37, and subnormal numbers take a hundred times as long.</summary>
    private const float Lowest = -87;

    private TLanes _max, _maxClass, _maxBias, _others, _squares, _gap, _biases;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HeadRows()
    {
        _max = TLanes.Broadcast(float.NegativeInfinity);
        _maxClass = _others = _squares = _gap = _biases = _maxBias = TLanes.Broadcast(0);
    }

    /// <summary>m; minus infinity when there is no other class.</summary>
    public readonly TLanes Max
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _max;
    }

    /// <summary>First class whose logit is m.</summary>
    public readonly TLanes MaxClass
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _maxClass;
    }

    /// <summary>sum of q_c over the classes but that of m: the sum of all, less 1.</summary>
    public readonly TLanes Others
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _others;
    }

    /// <summary>sum of q_c.</summary>
    public readonly TLanes Total
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _others + One;
    }

    /// <summary>||q||, the label's component included.</summary>
    public readonly TLanes Norm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Sqrt(TLanes.MultiplyAdd(Total, Total, _squares + One));
    }

    /// <summary>sum of q_c (m - s_c), not negative.</summary>
    public readonly TLanes Gap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _gap;
    }

    // 0 instead of 1 while there is no class.
    private readonly TLanes One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.WhereLess(_max, TLanes.Broadcast(float.MinValue), TLanes.Broadcast(0), TLanes.Broadcast(1));
    }

    /// <summary>q . (s - b) = sum of q_c ((s_c - b_c) - (s_y - b_y)).</summary>
    /// <param name="ownOutput">s_y - b_y.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TLanes Dot(TLanes ownOutput)
    {
        TLanes zero = TLanes.Broadcast(0), atMax = Max - ownOutput;
        return TLanes.WhereLess(zero, Total, (Total * atMax) - _gap - _biases - _maxBias, zero * ownOutput);
    }

    /// <summary>Adds classes.</summary>
    /// <param name="first">Index of the first class.</param>
    /// <param name="count">Number of classes.</param>
    /// <param name="panel">Their logits, [count, lanes]; minus infinity where the class is the sample's label. Overwritten.</param>
    /// <param name="bias">b of these classes, [count], or null.</param>
    public void Add(int first, int count, float* panel, float* bias)
    {
        RaiseTo(first, count, panel);
        TakeOutMax(first, count, panel, bias);
        Sum(count, panel, bias);
    }

    // While nothing but minus infinity has come, any finite number shifts as well.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly TLanes Shift() => TLanes.WhereLess(_max, TLanes.Broadcast(float.MinValue), TLanes.Broadcast(0), _max);

    /// <summary>Looks for larger logits; where there is one, the sums are scaled to it and the class of the former joins the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RaiseTo(int first, int count, float* panel)
    {
        TLanes zero = TLanes.Broadcast(0), one = One, previous = _max, max = previous, maxClass = _maxClass;
        for (int c = 0; c < count; c++)
        {
            TLanes logit = TLanes.Load(panel + (c * TLanes.Count));
            maxClass = TLanes.WhereLess(max, logit, TLanes.Broadcast(first + c), maxClass);
            max = TLanes.Max(logit, max);
        }

        (_max, _maxClass) = (max, maxClass);
        TLanes raise = Shift() - previous, scale = RealMath.ExpInRange(TLanes.Max(TLanes.Broadcast(Lowest), zero - raise)), demoted = TLanes.WhereLess(previous, max, one, zero);
        TLanes others = _others + demoted;
        _gap = TLanes.WhereLess(raise, TLanes.Broadcast(float.PositiveInfinity), scale * TLanes.MultiplyAdd(others, raise, _gap), zero);
        _biases = scale * TLanes.MultiplyAdd(demoted, _maxBias, _biases);
        _squares = scale * scale * (_squares + demoted);
        _others = scale * others;
    }

    /// <summary>Apart from the other two, because the sums would be kept in memory around a call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum(int count, float* panel, float* bias)
    {
        TLanes zero = TLanes.Broadcast(0), lowest = TLanes.Broadcast(Lowest), shift = Shift(), others = _others, squares = _squares, gap = _gap, biases = _biases;
        for (int c = 0; c < count; c++)
        {
            TLanes below = TLanes.Max(lowest, TLanes.Load(panel + (c * TLanes.Count)) - shift);
            TLanes q = TLanes.WhereLessOrEqual(below, lowest, zero, RealMath.ExpInRange(below));
            others += q;
            squares = TLanes.MultiplyAdd(q, q, squares);
            gap -= q * below;
            if (bias != null)
            {
                biases = TLanes.MultiplyAdd(q, TLanes.Broadcast(bias[c]), biases);
            }
        }

        (_others, _squares, _gap, _biases) = (others, squares, gap, biases);
    }

    /// <summary>Takes the classes of the largest logits out of a panel that has them, and keeps their biases.</summary>
    [SkipLocalsInit]
    private void TakeOutMax(int first, int count, float* panel, float* bias)
    {
        float* classes = stackalloc float[TLanes.Count], biases = stackalloc float[TLanes.Count];
        _maxClass.Store(classes);
        _maxBias.Store(biases);
        for (int i = 0; i < TLanes.Count; i++)
        {
            int c = (int)classes[i] - first;
            if ((uint)c < (uint)count)
            {
                panel[(c * TLanes.Count) + i] = float.NegativeInfinity;
                biases[i] = bias == null ? 0 : bias[c];
            }
        }

        _maxBias = TLanes.Load(biases);
    }
}
