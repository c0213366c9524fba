using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>How lanes meet a per-channel parameter: all in one channel, or one channel each.</summary>
internal unsafe interface IChannelAccess
{
    static abstract TLanes Load<TLanes>(float* values, nint channel)
        where TLanes : struct, ILanes<TLanes>;
}

/// <summary>An elementwise operation with per-channel parameters.</summary>
internal interface IChannelOperation
{
    /// <summary>Handles the elements from i on, whose (first) channel is <paramref name="channel"/>.</summary>
    void Apply<TLanes, TAccess>(nint i, nint channel)
        where TLanes : struct, ILanes<TLanes>
        where TAccess : struct, IChannelAccess;
}

/// <summary>Walks blocks [Outer, Channels, Inner]: along the channels when they are contiguous, else segment by segment.</summary>
internal static unsafe class Channels
{
    /// <summary>Applies an operation to a whole block, on all threads.</summary>
    public static void Run<TOperation>(WorkerPool pool, ChannelLayout layout, TOperation operation)
        where TOperation : struct, IChannelOperation
    {
        var body = new Body<TOperation> { Layout = layout, Operation = operation };
        if (layout.Inner == 1)
        {
            RangeLoop.Run(pool, layout.Outer, Parallelism.Elements(layout.Channels), ref body);
        }
        else
        {
            RangeLoop.Run(pool, layout.Outer * layout.Channels, Parallelism.Elements(layout.Inner), ref body);
        }
    }

    /// <summary>Applies an operation to the channels [first, first + width) of a block, on this thread.</summary>
    public static void Run<TOperation>(ChannelLayout layout, int first, int width, TOperation operation)
        where TOperation : struct, IChannelOperation
    {
        for (int outer = 0; outer < layout.Outer; outer++)
        {
            if (layout.Inner == 1)
            {
                Row(layout, outer, first, width, operation);
                continue;
            }

            for (int channel = first; channel < first + width; channel++)
            {
                Segment(layout, (outer * layout.Channels) + channel, operation);
            }
        }
    }

    /// <summary>Sums the terms of each of the channels [first, first + width) over all outer and inner positions.</summary>
    /// <param name="layout">Shape.</param>
    /// <param name="first">First channel.</param>
    /// <param name="width">Number of channels.</param>
    /// <param name="term">What to add for an element.</param>
    /// <param name="centers">[width], the constant of each channel.</param>
    /// <param name="sums">[width], overwritten.</param>
    public static void Sums<TTerm>(ChannelLayout layout, int first, int width, TTerm term, double* centers, double* sums)
        where TTerm : struct, ITerm
    {
        if (layout.Inner == 1)
        {
            Reduction.Columns(layout.Outer, layout.Channels, first, width, term, centers, sums);
            return;
        }

        for (int j = 0; j < width; j++)
        {
            double sum = 0;
            for (int outer = 0; outer < layout.Outer; outer++)
            {
                nint start = (((nint)outer * layout.Channels) + first + j) * layout.Inner;
                sum += Reduction.Sum(start, layout.Inner, term, centers[j]);
            }

            sums[j] = sum;
        }
    }

    private static void Row<TOperation>(ChannelLayout layout, int outer, int first, int width, TOperation operation)
        where TOperation : struct, IChannelOperation =>
        Elementwise.Run(first, first + width, new AlongChannels<TOperation> { Operation = operation, Start = (nint)outer * layout.Channels });

    private static void Segment<TOperation>(ChannelLayout layout, int segment, TOperation operation)
        where TOperation : struct, IChannelOperation
    {
        nint start = (nint)segment * layout.Inner;
        Elementwise.Run(start, start + layout.Inner, new InChannel<TOperation> { Operation = operation, Channel = segment % layout.Channels });
    }

    private struct Body<TOperation> : IRangeBody
        where TOperation : struct, IChannelOperation
    {
        public ChannelLayout Layout;
        public TOperation Operation;

        public readonly void Run(int first, int end, int worker)
        {
            for (int i = first; i < end; i++)
            {
                if (Layout.Inner == 1)
                {
                    Row(Layout, i, 0, Layout.Channels, Operation);
                }
                else
                {
                    Segment(Layout, i, Operation);
                }
            }
        }
    }

    private struct AlongChannels<TOperation> : IElementwise
        where TOperation : struct, IChannelOperation
    {
        public TOperation Operation;
        public nint Start;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> => Operation.Apply<TLanes, OnePerLane>(Start + i, i);
    }

    private struct InChannel<TOperation> : IElementwise
        where TOperation : struct, IChannelOperation
    {
        public TOperation Operation;
        public nint Channel;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> => Operation.Apply<TLanes, Same>(i, Channel);
    }

    private readonly struct OnePerLane : IChannelAccess
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Load<TLanes>(float* values, nint channel)
            where TLanes : struct, ILanes<TLanes> => TLanes.Load(values + channel);
    }

    private readonly struct Same : IChannelAccess
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Load<TLanes>(float* values, nint channel)
            where TLanes : struct, ILanes<TLanes> => TLanes.Broadcast(values[channel]);
    }
}
