using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>Where one (sample, head) lies in the packed tensors of self-attention.</summary>
internal readonly struct AttentionHead(AttentionGeometry g, int index)
{
    public readonly nint Packed = ((nint)(index / g.Heads) * g.Tokens * 3 * g.Width) + (index % g.Heads * g.HeadSize);
    public readonly nint Output = ((nint)(index / g.Heads) * g.Tokens * g.Width) + (index % g.Heads * g.HeadSize);
    public readonly nint Square = (nint)index * g.Tokens * g.Tokens;

    /// <summary>Factor of the scores, 1 / sqrt(head size).</summary>
    public static float ScoreScale(AttentionGeometry g) => (float)(1 / Math.Sqrt(g.HeadSize));

    /// <summary>Flops of one head going forward: two products and a pass over the scores.</summary>
    public static double Flops(AttentionGeometry g) => (double)g.Tokens * g.Tokens * ((4 * g.HeadSize) + Parallelism.Elements(1));
}

/// <summary>x = p (x - mean) with mean = p . x: the Jacobian of the softmax p, applied in place. It is symmetric, so tangents and gradients share it.</summary>
internal unsafe struct SoftmaxJacobian : IElementwise
{
    public float* Probabilities, Vector;
    public float Mean;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Apply<TLanes>(nint i)
        where TLanes : struct, ILanes<TLanes> =>
        (TLanes.Load(Probabilities + i) * (TLanes.Load(Vector + i) - TLanes.Broadcast(Mean))).Store(Vector + i);
}
