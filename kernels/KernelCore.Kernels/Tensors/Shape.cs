using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace KernelCore.Kernels;

/// <summary>Extents of a row-major tensor, rank 0 to 6: a sample axis before the weight of a 3-D convolution. The last axis is contiguous.</summary>
/// <remarks>A value type that never allocates; <c>Shape s = [batch, channels, height, width];</c> builds one.</remarks>
[CollectionBuilder(typeof(Shape), nameof(Of))]
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The largest supported rank.</summary>
    public const int MaxRank = 6;

    private readonly Extents _extents;

    [InlineArray(MaxRank)]
    private struct Extents
    {
        private int _first;
    }

    private Shape(ReadOnlySpan<int> extents)
    {
        if (extents.Length > MaxRank)
        {
            throw new ArgumentOutOfRangeException(nameof(extents), $"a shape has at most {MaxRank} axes, got {extents.Length}");
        }

        long count = 1;
        Rank = extents.Length;
        for (int i = 0; i < extents.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extents[i], nameof(extents));
            _extents[i] = extents[i];
            count = checked(count * extents[i]);
        }

        Count = count;
    }

    /// <summary>Number of axes.</summary>
    public int Rank { get; }

    /// <summary>Number of elements: the product of all extents, 1 for rank 0.</summary>
    public long Count { get; }

    /// <summary>Extent of an axis; a negative index counts from the last axis (-1).</summary>
    public int this[int axis]
    {
        get
        {
            int i = axis < 0 ? axis + Rank : axis;
            return (uint)i < (uint)Rank ? _extents[i] : throw new ArgumentOutOfRangeException(nameof(axis), $"axis {axis} of a rank-{Rank} shape");
        }
    }

    /// <summary>Builds a shape from its extents.</summary>
    public static Shape Of(params ReadOnlySpan<int> extents) => new(extents);

    /// <summary>The same shape with another axis in front (the batch axis, usually).</summary>
    public Shape Prepend(int extent)
    {
        Span<int> all = stackalloc int[Rank + 1];
        all[0] = extent;
        for (int i = 0; i < Rank; i++)
        {
            all[i + 1] = _extents[i];
        }

        return new Shape(all);
    }

    /// <summary>The shape without its first axis (one sample of a batch).</summary>
    public Shape DropFirst()
    {
        Span<int> all = stackalloc int[MaxRank];
        for (int i = 1; i < Rank; i++)
        {
            all[i - 1] = _extents[i];
        }

        return new Shape(all[..Math.Max(0, Rank - 1)]);
    }

    /// <summary>The shape with its last extent replaced.</summary>
    public Shape WithLast(int extent)
    {
        Span<int> all = stackalloc int[MaxRank];
        for (int i = 0; i < Rank; i++)
        {
            all[i] = _extents[i];
        }

        all[Rank - 1] = extent;
        return new Shape(all[..Rank]);
    }

    /// <summary>Extents as an array, for messages and files.</summary>
    public int[] ToArray()
    {
        var all = new int[Rank];
        for (int i = 0; i < Rank; i++)
        {
            all[i] = _extents[i];
        }

        return all;
    }

    /// <summary>Enumerates the extents.</summary>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)ToArray()).GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Shape other)
    {
        if (Rank != other.Rank)
        {
            return false;
        }

        for (int i = 0; i < Rank; i++)
        {
            if (_extents[i] != other._extents[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, Count, Rank > 0 ? _extents[0] : 0, Rank > 1 ? _extents[1] : 0);

    /// <summary>Whether all extents agree.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether any extent differs.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The extents in brackets: <c>[64, 3, 28, 28]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", ToArray())}]";
}
