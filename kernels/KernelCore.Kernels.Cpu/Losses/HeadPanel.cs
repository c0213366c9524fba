using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// The sums of <see cref="HeadRow{TLanes}"/> for few classes: a sample per lane, its classes one after the other in a panel that
/// stays in the first-level cache, so that nothing is added across lanes.
/// </summary>
internal static unsafe class HeadPanel<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Classes up to which this is faster than row by row.</summary>
    public const int MaxClasses = 128;

    /// <summary>Writes the sums of as many samples as there are lanes.</summary>
    /// <param name="logits">[samples, classes].</param>
    /// <param name="samples">At most a register's count of lanes; the lanes of the others get any numbers.</param>
    /// <param name="classes">At most <see cref="MaxClasses"/>.</param>
    /// <param name="labels">[samples].</param>
    /// <param name="bias">b, [classes], or null.</param>
    /// <param name="panel">Room for [classes, lanes], aligned to a register.</param>
    /// <param name="sums">[<see cref="HeadSums{TLanes}.Count"/>, lanes].</param>
    public static void Add(float* logits, int samples, int classes, int* labels, float* bias, float* panel, float* sums)
    {
        GemmPacking.Pack(TLanes.Count, samples, classes, logits, classes, 1, panel);
        for (int i = 0; i < samples; i++)
        {
            panel[(labels[i] * TLanes.Count) + i] = float.NegativeInfinity;
        }

        float* max = sums, maxClass = sums + TLanes.Count;
        Max(panel, classes, max, maxClass);
        for (int i = 0; i < samples; i++)
        {
            panel[((int)maxClass[i] * TLanes.Count) + i] = float.NegativeInfinity;
        }

        Sum(panel, classes, bias, max, sums + (2 * TLanes.Count), logits);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Max(float* panel, int classes, float* max, float* maxClass)
    {
        TLanes largest = TLanes.Broadcast(float.NegativeInfinity), index = TLanes.Broadcast(0);
        for (int c = 0; c < classes; c++)
        {
            TLanes logit = TLanes.Load(panel + (c * TLanes.Count));
            index = TLanes.WhereLess(largest, logit, TLanes.Broadcast(c), index);
            largest = TLanes.Max(logit, largest);
        }

        largest.Store(max);
        index.Store(maxClass);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum(float* panel, int classes, float* bias, float* max, float* sums, float* stream)
    {
        var terms = new HeadTerms<TLanes>(TLanes.Load(max));
        for (int c = 0; c < classes; c++)
        {
            HostMemory.PrefetchAhead(stream + (c * TLanes.Count));
            terms.Add(TLanes.Load(panel + (c * TLanes.Count)), bias == null ? TLanes.Broadcast(0) : TLanes.Broadcast(bias[c]));
        }

        terms.Others.Store(sums);
        terms.Squares.Store(sums + TLanes.Count);
        terms.Below.Store(sums + (2 * TLanes.Count));
        terms.Biases.Store(sums + (3 * TLanes.Count));
    }
}
