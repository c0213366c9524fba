using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The logits of one sample, reduced by the threads of a warp.</summary>
internal readonly struct LogitRow(ArrayView<float> logits, int start, int classes)
{
    /// <summary>The largest logit other than that of a class (-1 to leave out none); NaN if any is NaN, minus infinity without logits.</summary>
    public float MaxWithout<TWarp>(int left)
        where TWarp : struct, IWarp
    {
        float max = float.NegativeInfinity;
        for (int c = TWarp.Lane; c < classes; c += TWarp.Width)
        {
            max = c == left ? max : Comparison.Larger(logits[start + c], max);
        }

        return TWarp.Max(max);
    }

    /// <summary>The first class with a logit; 0 when there is none.</summary>
    public int IndexOf<TWarp>(float value)
        where TWarp : struct, IWarp
    {
        int first = classes;
        for (int c = TWarp.Lane; c < classes; c += TWarp.Width)
        {
            first = logits[start + c] == value ? IntrinsicMath.Min(first, c) : first;
        }

        first = TWarp.Min(first);
        return first == classes ? 0 : first;
    }
}
