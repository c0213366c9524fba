using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The positions of one channel of a block [outer, channels, inner], counted through.</summary>
internal readonly struct ChannelWalk(ChannelLayout layout)
{
    public readonly int Positions = layout.Outer * layout.Inner;
    public readonly Divisor Channels = new(layout.Channels);
    private readonly Divisor _inner = new(layout.Inner);

    /// <summary>Element at a position of a channel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Index(int channel, int position)
    {
        int outer = _inner.Quotient(position);
        return (((outer * Channels.Value) + channel) * _inner.Value) + _inner.Remainder(position, outer);
    }
}
