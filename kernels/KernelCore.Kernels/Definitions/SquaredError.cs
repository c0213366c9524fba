using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILossKernels.SquaredError"/>.</summary>
public static class SquaredError
{
    /// <summary>One sample: returns mean_c (s_c - t_c)^2 and writes the cotangent scale 2 (s - t) / C.</summary>
    public static T Row<T>(ReadOnlySpan<T> outputs, ReadOnlySpan<T> targets, T scale, Span<T> cotangent)
        where T : IFloatingPointIeee754<T>
    {
        T width = T.CreateChecked(outputs.Length), loss = T.Zero;
        for (int c = 0; c < outputs.Length; c++)
        {
            T difference = outputs[c] - targets[c];
            loss += difference * difference;
            cotangent[c] = scale * (difference + difference) / width;
        }

        return loss / width;
    }
}
