using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>How a word of four elements is loaded.</summary>
internal interface ILoad
{
    /// <inheritdoc cref="IFetch{TSelf}.Load"/>
    static abstract Float4 Word<TOperand>(SlabSource source, TOperand operand, SlabWalk at, int term, int end)
        where TOperand : struct, IOperand;
}

/// <summary>In one load. All terms are there; in place of a row beyond the matrix it is the last one that is read, and nobody asks for the sums.</summary>
internal readonly struct WholeLoad : ILoad
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Word<TOperand>(SlabSource source, TOperand operand, SlabWalk at, int term, int end)
        where TOperand : struct, IOperand => source.Word(operand, at, term);
}

/// <summary>Element by element, wherever they are and whatever they are computed from; for terms beyond the sum zero.</summary>
internal readonly struct ElementLoads : ILoad
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Word<TOperand>(SlabSource source, TOperand operand, SlabWalk at, int term, int end)
        where TOperand : struct, IOperand => source.Elements(operand, at, term, end);
}
