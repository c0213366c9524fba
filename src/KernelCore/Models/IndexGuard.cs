using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Models;

/// <summary>Refuses labels and tokens that would address memory that is not there.</summary>
internal static class IndexGuard
{
    /// <summary>Checks that every index lies in [0, bound). Indices on other devices were checked when they were copied there.</summary>
    /// <param name="indices">Labels or tokens.</param>
    /// <param name="bound">Number of classes or rows.</param>
    /// <param name="what">What the indices are: <c>label</c>.</param>
    /// <param name="range">What they index: <c>classes</c>.</param>
    public static void Check(IndexTensor indices, int bound, string what, string range)
    {
        if (indices.Device.Kind != DeviceKind.Cpu || indices.Count == 0)
        {
            return;
        }

        ReadOnlySpan<int> values = indices.Span;
        if (TensorPrimitives.Min(values) < 0 || TensorPrimitives.Max(values) >= bound)
        {
            int at = 0;
            while ((uint)values[at] < (uint)bound)
            {
                at++;
            }

            throw new KernelCoreException($"{what} {values[at]} at position {at} is out of range: there are {bound} {range}");
        }
    }
}
