using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Addresses of CPU tensors. Their buffers lie outside the managed heap, so no pinning is needed.</summary>
/// <remarks>
/// An address stays valid until the tensor is disposed, even when nothing refers to the tensor any more: forgotten memory
/// is freed by the device's next allocation, never in the middle of a kernel.
/// </remarks>
internal static unsafe class HostMemory
{
    /// <summary>First element of a tensor; null for an absent tensor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T* Of<T>(TensorBase<T>? tensor)
        where T : unmanaged => tensor is null ? null : (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.Span));

    /// <summary>
    /// Asks for the cache line 4 KiB further on, for a kernel that computes long enough on every line of a stream that the processor's own
    /// prefetching, which ends with the page, falls behind. May point anywhere.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchAhead(float* source)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(source + 1024);
        }
    }
}
