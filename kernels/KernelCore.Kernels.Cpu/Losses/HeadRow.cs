using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// Sums over the classes c other than the label y of one sample, with q_c = exp(s_c - m), m the largest of their logits.
/// Together with q_y = -sum q they are proportional to p - y, but nothing in them cancels or overflows, whatever the margin.
/// </summary>
/// <remarks>
/// Classes lie side by side in lanes; the last register is filled up with minus infinity, which also takes the place of the label.
/// The first class with the largest logit, whose q is 1, is kept out of the sums, which would lose their last digits to it.
/// Accumulators are float32, one per lane. Each pass is a method of its own: registers do not survive a call.
/// </remarks>
internal static unsafe class HeadRow<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Writes the sums of a sample into its lane.</summary>
    /// <param name="logits">[classes].</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="label">y.</param>
    /// <param name="bias">b, [classes], or null.</param>
    /// <param name="sums">[<see cref="HeadSums{TLanes}.Count"/>, lanes], from the sample's lane on.</param>
    public static void Add(float* logits, int classes, int label, float* bias, float* sums)
    {
        float max = Max(logits, classes, label);
        int maxClass = IndexOf(max, logits, classes, label);
        sums[0] = max;
        sums[TLanes.Count] = maxClass;
        Sum(logits, classes, label, max, maxClass, bias, sums + (2 * TLanes.Count));
    }

    /// <summary>m; minus infinity when there is no other class. NaN is passed over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Max(float* logits, int classes, int label)
    {
        TLanes m0 = TLanes.Broadcast(float.NegativeInfinity), m1 = m0, m2 = m0, m3 = m0;
        int step = 4 * TLanes.Count;
        for (int first = 0; first < classes; first += step)
        {
            if (first + step <= classes && (uint)(label - first) >= (uint)step)
            {
                float* source = logits + first;
                m0 = TLanes.Max(TLanes.Load(source), m0);
                m1 = TLanes.Max(TLanes.Load(source + TLanes.Count), m1);
                m2 = TLanes.Max(TLanes.Load(source + (2 * TLanes.Count)), m2);
                m3 = TLanes.Max(TLanes.Load(source + (3 * TLanes.Count)), m3);
                continue;
            }

            for (int c = first; c < Math.Min(classes, first + step); c += TLanes.Count)
            {
                m0 = TLanes.Max(Wrong(c, logits, classes, label), m0);
            }
        }

        return TLanes.Max(TLanes.Max(m0, m1), TLanes.Max(m2, m3)).Largest();
    }

    /// <summary>First class with logit m; 0 when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int IndexOf(float max, float* logits, int classes, int label)
    {
        TLanes value = TLanes.Broadcast(max);
        for (int c = 0; c < classes; c += TLanes.Count)
        {
            int lane = Wrong(c, logits, classes, label).IndexOf(value);
            if (lane < TLanes.Count)
            {
                return Math.Min(c + lane, classes - 1);
            }
        }

        return 0;
    }

    /// <summary>The four sums of <see cref="HeadTerms{TLanes}"/> over the classes but <paramref name="maxClass"/>, a register's count of floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum(float* logits, int classes, int label, float max, int maxClass, float* bias, float* sums)
    {
        var terms = new HeadTerms<TLanes>(TLanes.Broadcast(max));
        for (int c = 0; c < classes; c += TLanes.Count)
        {
            HostMemory.PrefetchAhead(logits + c);
            TLanes logit = Wrong(c, logits, classes, label);
            if ((uint)(maxClass - c) < (uint)TLanes.Count)
            {
                logit = TLanes.Replace(logit, maxClass - c, float.NegativeInfinity);
            }

            terms.Add(logit, bias == null ? TLanes.Broadcast(0) : Load(bias, c, classes, 0));
        }

        sums[0] = terms.Others.Sum();
        sums[TLanes.Count] = terms.Squares.Sum();
        sums[2 * TLanes.Count] = terms.Below.Sum();
        sums[3 * TLanes.Count] = terms.Biases.Sum();
    }

    /// <summary>||p - y||^2 with p and the difference rounded to float32, as a float32 softmax has them; also (p - y).(s - b).</summary>
    /// <param name="max">The largest logit, the label's included.</param>
    /// <param name="total">sum of exp(s_c - max).</param>
    /// <param name="bias">b, [classes], or null.</param>
    /// <param name="dot">(p - y).(s - b).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float RoundedError(float* logits, int classes, int label, float max, float total, float* bias, out float dot)
    {
        TLanes zero = TLanes.Broadcast(0), squares = zero, products = zero;
        for (int c = 0; c < classes; c += TLanes.Count)
        {
            TLanes logit = Load(logits, c, classes, float.NegativeInfinity), probability = RealMath.Exp(logit - TLanes.Broadcast(max)) / TLanes.Broadcast(total);
            TLanes error = probability - TLanes.Replace(zero, label - c, 1), output = bias == null ? logit : logit - Load(bias, c, classes, 0);
            squares = TLanes.MultiplyAdd(error, error, squares);
            products += TLanes.WhereLess(zero, TLanes.Abs(error), error * output, zero);
        }

        dot = products.Sum();
        return squares.Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Wrong(int c, float* logits, int classes, int label)
    {
        TLanes logit = Load(logits, c, classes, float.NegativeInfinity);
        return (uint)(label - c) < (uint)TLanes.Count ? TLanes.Replace(logit, label - c, float.NegativeInfinity) : logit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Load(float* row, int c, int classes, float rest) =>
        c + TLanes.Count <= classes ? TLanes.Load(row + c) : TLanes.LoadFirst(row + c, classes - c, rest);
}
