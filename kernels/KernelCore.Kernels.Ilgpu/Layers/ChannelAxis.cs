using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The channel axis of a block [outer, channels, inner].</summary>
internal readonly struct ChannelAxis(ChannelLayout layout)
{
    public readonly Divisor Channels = new(layout.Channels), Inner = new(layout.Inner);

    /// <summary>The channel that element <paramref name="i"/> belongs to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Of(int i) => Channels.Remainder(Inner.Quotient(i));
}
