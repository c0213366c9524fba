using KernelCore.Kernels;

namespace KernelCore.Conformance;

/// <summary>Float32 data as input of the double oracle.</summary>
public static class DoubleArrays
{
    /// <summary>The same numbers in double.</summary>
    public static double[] Widen(ReadOnlySpan<float> values)
    {
        var wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }

        return wide;
    }

    /// <summary>A tensor's elements in double.</summary>
    public static double[] Widen(Tensor tensor) => Widen(tensor.ToArray());
}
