using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The logits of one sample, reduced by the threads of a warp.</summary>
internal readonly struct LogitRow(ArrayView<float> logits, RowLayout rows, int row)
{
    /// <summary>The largest logit other than that of a class (-1 to leave out none); NaN if any is NaN, minus infinity without logits.</summary>
    public float MaxWithout<TWarp>(int left)
        where TWarp : struct, IWarp
    {
        float max = float.NegativeInfinity;
        for (RowWalk at = rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
        {
            max = Comparison.Larger(at.With(at.Load(logits, float.NegativeInfinity), left, float.NegativeInfinity).Largest, max);
        }

        return TWarp.Max(max);
    }

    /// <summary>The first class with a logit; 0 when there is none.</summary>
    public int IndexOf<TWarp>(float value)
        where TWarp : struct, IWarp
    {
        int first = rows.Length;
        for (RowWalk at = rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
        {
            // Columns rise from element to element, so the last that is looked at is the first.
            Real4 logit = at.Load(logits, float.NaN);
            int own = logit.W == value ? at.Column(3) : rows.Length;
            own = logit.Z == value ? at.Column(2) : own;
            own = logit.Y == value ? at.Column(1) : own;
            own = logit.X == value ? at.Column(0) : own;
            first = IntrinsicMath.Min(first, own);
        }

        first = TWarp.Min(first);
        return first == rows.Length ? 0 : first;
    }
}
