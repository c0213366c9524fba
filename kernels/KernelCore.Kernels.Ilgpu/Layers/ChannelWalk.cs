using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The positions of one channel of a block [outer, channels, inner], counted through.</summary>
internal readonly struct ChannelWalk(ChannelLayout layout)
{
    public readonly int Positions = layout.Outer * layout.Inner, Channels = layout.Channels, Inner = layout.Inner;

    /// <summary>Element at a position of a channel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Index(int channel, int position) => (((position / Inner * Channels) + channel) * Inner) + (position % Inner);
}
