using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Words of four elements of an operand that a thread has under way at a time: all are loaded before the first is waited for. How many
/// is a type, as ILGPU would compile what a number leaves out.
/// </summary>
internal interface IFetch<TSelf>
    where TSelf : struct, IFetch<TSelf>
{
    static abstract int Words { get; }

    /// <param name="source">The part of the operand.</param>
    /// <param name="operand">The operand.</param>
    /// <param name="at">The first of the words.</param>
    /// <param name="term">First term of the slab.</param>
    /// <param name="end">Terms of the sum.</param>
    static abstract TSelf Load<TLoad, TOperand>(SlabSource source, TOperand operand, SlabWalk at, int term, int end)
        where TLoad : struct, ILoad
        where TOperand : struct, IOperand;

    /// <summary>Writes them to shared memory.</summary>
    void Put<TTile, TSums>(ArrayView<Float4> slab, SlabWalk at, bool depthIsContiguous)
        where TTile : struct, ITile<TSums>
        where TSums : struct;
}

/// <summary>One word.</summary>
internal struct OneWord : IFetch<OneWord>
{
    private Float4 _word;

    public static int Words => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static OneWord Load<TLoad, TOperand>(SlabSource source, TOperand operand, SlabWalk at, int term, int end)
        where TLoad : struct, ILoad
        where TOperand : struct, IOperand => new() { _word = TLoad.Word(source, operand, at, term, end) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Put<TTile, TSums>(ArrayView<Float4> slab, SlabWalk at, bool depthIsContiguous)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        if (depthIsContiguous)
        {
            TTile.PutTerms(slab, at.Row, at.Term, _word);
        }
        else
        {
            TTile.PutRows(slab, at.Row, at.Term, _word, default);
        }
    }
}

/// <summary>Two words for tensor cores: what makes one of a format that has two terms to a word, where operands have rows next to one another.</summary>
internal struct FormatWords<TFormat> : IFetch<FormatWords<TFormat>>
    where TFormat : struct, ITensorFormat
{
    private Float4 _first, _second;

    public static int Words => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FormatWords<TFormat> Load<TLoad, TOperand>(SlabSource source, TOperand operand, SlabWalk at, int term, int end)
        where TLoad : struct, ILoad
        where TOperand : struct, IOperand => new() { _first = TLoad.Word(source, operand, at, term, end), _second = TLoad.Word(source, operand, at.Skip(1), term, end) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Put<TTile, TSums>(ArrayView<Float4> slab, SlabWalk at, bool depthIsContiguous)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        Float4 first = Round(_first), second = Round(_second);
        if (depthIsContiguous)
        {
            SlabWalk next = at.Skip(1);
            TTile.PutTerms(slab, at.Row, at.Term, first);
            TTile.PutTerms(slab, next.Row, next.Term, second);
        }
        else
        {
            TFormat.PutRows<TTile, TSums>(slab, at, first, second);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Round(Float4 word) => new() { X = TFormat.Round(word.X), Y = TFormat.Round(word.Y), Z = TFormat.Round(word.Z), W = TFormat.Round(word.W) };
}

/// <summary>Twice as many.</summary>
internal struct Twice<TFetch> : IFetch<Twice<TFetch>>
    where TFetch : struct, IFetch<TFetch>
{
    private TFetch _first, _second;

    public static int Words => 2 * TFetch.Words;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Twice<TFetch> Load<TLoad, TOperand>(SlabSource source, TOperand operand, SlabWalk at, int term, int end)
        where TLoad : struct, ILoad
        where TOperand : struct, IOperand => new()
        {
            _first = TFetch.Load<TLoad, TOperand>(source, operand, at, term, end),
            _second = TFetch.Load<TLoad, TOperand>(source, operand, at.Skip(TFetch.Words), term, end),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Put<TTile, TSums>(ArrayView<Float4> slab, SlabWalk at, bool depthIsContiguous)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        _first.Put<TTile, TSums>(slab, at, depthIsContiguous);
        _second.Put<TTile, TSums>(slab, at.Skip(TFetch.Words), depthIsContiguous);
    }
}
