using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What one thread does with one element.</summary>
internal interface IElement
{
    void At(int i);
}

/// <summary>What one thread does with one word of operands that are streamed: from the same place of each, to the same place.</summary>
internal interface IStream
{
    /// <summary>Whether every operand starts at a multiple of 16 bytes. Asked by the host.</summary>
    bool IsAligned { get; }

    /// <summary>Word <paramref name="i"/> of all operands.</summary>
    void At<TWord>(int i)
        where TWord : struct, IWord<TWord>;
}

/// <summary>What one warp does with one row. All its threads come along, so that they can reduce.</summary>
internal interface IRow
{
    /// <summary>Whether it reads its row more than once. Asked by the host.</summary>
    static virtual bool ReadsAgain => true;

    void At<TWarp>(int row)
        where TWarp : struct, IWarp;
}

/// <summary>Element by element; neighbouring threads take neighbouring elements.</summary>
internal struct ElementLoop<TBody> : IGridKernel
    where TBody : struct, IElement
{
    public TBody Body;
    public int Count;

    public readonly void Run()
    {
        long step = (long)Grid.DimX * Group.DimX;
        for (long i = ((long)Grid.IdxX * Group.DimX) + Group.IdxX; i < Count; i += step)
        {
            Body.At((int)i);
        }
    }
}

/// <summary>Four elements at a time; neighbouring threads take neighbouring words. One at a time what is left over, or all where operands are not aligned.</summary>
internal struct StreamLoop<TBody> : IGridKernel
    where TBody : struct, IStream
{
    public TBody Body;
    public int Count, Words;

    public readonly void Run()
    {
        long first = ((long)Grid.IdxX * Group.DimX) + Group.IdxX, step = (long)Grid.DimX * Group.DimX;
        for (long i = first; i < Words; i += step)
        {
            Body.At<Real4>((int)i);
        }

        for (long i = (4L * Words) + first; i < Count; i += step)
        {
            Body.At<Real>((int)i);
        }
    }
}

/// <summary>Row by row; a warp takes a row.</summary>
internal struct RowLoop<TBody, TWarp> : IGridKernel
    where TBody : struct, IRow
    where TWarp : struct, IWarp
{
    public TBody Body;
    public int Count;

    public readonly void Run()
    {
        int warps = Group.DimX / TWarp.Width;
        for (long row = ((long)Grid.IdxX * warps) + (Group.IdxX / TWarp.Width); row < Count; row += (long)Grid.DimX * warps)
        {
            Body.At<TWarp>((int)row);
        }
    }
}
