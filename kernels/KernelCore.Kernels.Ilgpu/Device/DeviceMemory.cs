using ILGPU;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Device addresses of tensors.</summary>
internal static class DeviceMemory
{
    /// <summary>The elements of a tensor, as kernels see them; empty for an absent tensor.</summary>
    public static ArrayView<T> Of<T>(TensorBase<T>? tensor)
        where T : unmanaged => tensor is null ? ArrayView<T>.Empty : Buffer(tensor).View.SubView(tensor.Offset, tensor.Count);

    /// <summary>The elements of a matrix, from its first row to the end of its tensor.</summary>
    public static ArrayView<float> Of(Matrix matrix) => matrix.Offset == matrix.Tensor.Count ? ArrayView<float>.Empty : Of(matrix.Tensor).SubView(matrix.Offset);

    /// <summary>Whether all views start at multiples of 16 bytes, as memory itself does.</summary>
    public static bool AreAligned(params ReadOnlySpan<ArrayView<float>> views)
    {
        foreach (ArrayView<float> view in views)
        {
            if (First(view) % 4 != 0)
            {
                return false;
            }
        }

        return true;

        // A constrained call: the interface has what the struct keeps to itself, and nothing is boxed.
        static long First<TView>(TView view)
            where TView : struct, IContiguousArrayView => view.Index;
    }

    /// <summary>The same of tensors; an absent one does not matter.</summary>
    public static bool AreAligned(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (Tensor? tensor in tensors)
        {
            if (tensor?.Offset % 4 > 0)
            {
                return false;
            }
        }

        return true;
    }

    private static IlgpuBuffer<T> Buffer<T>(TensorBase<T> tensor)
        where T : unmanaged => tensor.Buffer as IlgpuBuffer<T> ?? throw Foreign(tensor.Device);

    private static ArgumentException Foreign(Device device) => new($"a tensor on {device} cannot be used by kernels of another device");
}
