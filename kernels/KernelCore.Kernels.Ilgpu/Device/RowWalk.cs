using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Rows of equal length, one after another.</summary>
/// <param name="length">Elements of a row.</param>
/// <param name="aligned">Whether everything that is read or written along with a row starts at a multiple of 16 bytes.</param>
internal readonly struct RowLayout(int length, bool aligned)
{
    public readonly int Length = length;
    private readonly int _aligned = aligned ? 1 : 0;

    /// <summary>First element of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Start(int row) => row * Length;

    /// <summary>The calling thread's way through a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowWalk Walk<TWarp>(int row)
        where TWarp : struct, IWarp => Walk<TWarp>(row, 0, Length);

    /// <summary>Its way through some columns of a row, the first of which is a multiple of 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowWalk Walk<TWarp>(int row, int first, int count)
        where TWarp : struct, IWarp
    {
        int start = Start(row);
        return RowWalk.From<TWarp>(start, first, count, _aligned != 0 & start % 4 == 0);
    }
}

/// <summary>
/// A thread's way through a row that its warp shares, four elements at a time. Where the row starts at a multiple of 16 bytes and the warp has
/// four for each of its threads, these are one word of memory. Elsewhere, and at the end, they lie as far apart as the warp is wide: neighbouring
/// threads take neighbouring elements. Either way a thread meets its elements from left to right.
/// </summary>
internal readonly struct RowWalk
{
    private readonly int _start, _column, _left, _first, _step, _aligned;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RowWalk(int start, int column, int left, int first, int step, int aligned) =>
        (_start, _column, _left, _first, _step, _aligned) = (start, column, left, first, step, aligned);

    /// <summary>Whether the warp has elements left.</summary>
    public bool IsInRow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _left > 0;
    }

    private bool IsWord
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _step == 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowWalk From<TWarp>(int start, int column, int left, bool aligned)
        where TWarp : struct, IWarp
    {
        bool word = aligned & left >= 4 * TWarp.Width;
        return new(start, column, left, word ? 4 * TWarp.Lane : TWarp.Lane, word ? 1 : TWarp.Width, aligned ? 1 : 0);
    }

    /// <summary>On to the next four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowWalk Next<TWarp>()
        where TWarp : struct, IWarp => From<TWarp>(_start, _column + (4 * TWarp.Width), _left - (4 * TWarp.Width), _aligned != 0);

    /// <summary>Column of one of the four elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Column(int k) => _column + _first + (k * _step);

    /// <summary>Whether one of the four elements is in the row at all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Has(int k) => _first + (k * _step) < _left;

    /// <summary>The four elements of a matrix of such rows; beyond the end of the row, a number that does no harm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Real4 Load(ArrayView<float> rows, float beyond = 0) => Load(rows, _start, beyond);

    /// <summary>Those of a vector that all rows share; 0 beyond its end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Real4 LoadShared(ArrayView<float> vector) => Load(vector, 0, 0);

    /// <summary>Those of a vector with an element for each channel, where columns are [outer, channels, inner].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Real4 LoadChannels(ArrayView<float> vector, int channels, int inner) => new(
        vector[Column(0) / inner % channels], vector[Column(1) / inner % channels], vector[Column(2) / inner % channels], vector[Column(3) / inner % channels]);

    /// <summary>Stores those that are in the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ArrayView<float> rows, Real4 word)
    {
        if (IsWord)
        {
            Real4.Store(rows, (_start + Column(0)) >> 2, word);
        }
        else
        {
            StoreOne(rows, 0, word.X);
            StoreOne(rows, 1, word.Y);
            StoreOne(rows, 2, word.Z);
            StoreOne(rows, 3, word.W);
        }
    }

    /// <summary>The same four, but another number in a column if that is one of theirs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Real4 With(Real4 word, int column, float value) => new(
        Column(0) == column ? value : word.X, Column(1) == column ? value : word.Y, Column(2) == column ? value : word.Z, Column(3) == column ? value : word.W);

    /// <summary>The same four, but zeros beyond the end of the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Double4 Inside(Double4 word) => new(Has(0) ? word.X : 0, Has(1) ? word.Y : 0, Has(2) ? word.Z : 0, Has(3) ? word.W : 0);

    /// <summary>The sum of a term over the four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Sum<TTerm>(TTerm term, int row)
        where TTerm : struct, IElementTerm
    {
        double sum = Has(0) ? term.At(row, Column(0)) : 0;
        sum += Has(1) ? term.At(row, Column(1)) : 0;
        sum += Has(2) ? term.At(row, Column(2)) : 0;
        sum += Has(3) ? term.At(row, Column(3)) : 0;
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Real4 Load(ArrayView<float> view, int start, float beyond) => IsWord
        ? Real4.Load(view, (start + Column(0)) >> 2)
        : new(LoadOne(view, start, 0, beyond), LoadOne(view, start, 1, beyond), LoadOne(view, start, 2, beyond), LoadOne(view, start, 3, beyond));

    /// <summary>Reads an element of the row in any case: a load without a branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float LoadOne(ArrayView<float> view, int start, int k, float beyond)
    {
        float value = view[start + _column + IntrinsicMath.Min(_first + (k * _step), _left - 1)];
        return Has(k) ? value : beyond;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void StoreOne(ArrayView<float> view, int k, float value)
    {
        if (Has(k))
        {
            view[_start + Column(k)] = value;
        }
    }
}
