using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>Addresses of CPU tensors. Their buffers lie outside the managed heap, so no pinning is needed.</summary>
/// <remarks>An address is valid while the tensor that owns the memory is neither disposed nor collected: the caller keeps its tensors.</remarks>
internal static unsafe class HostMemory
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T* Of<T>(TensorBase<T> tensor)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.Span));

    /// <summary>Null for an absent tensor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* OrNull(Tensor? tensor) => tensor is null ? null : Of(tensor);
}
