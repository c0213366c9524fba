using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Reduced precision by tensor cores where tiles of 128 x 128 fill the device: of each of their four squares a warp computes as much
/// as <see cref="TensorTile{TGroup, TFormat, TCore}"/> does of one, with half the reads of shared memory for each product.
/// </summary>
internal readonly struct WideTensorTile<TGroup, TFormat, TCore> : IWideTile
    where TGroup : struct, IGroupShape
    where TFormat : struct, ITensorFormat
    where TCore : struct, ITensorCore
{
    public static int Side => TGroup.Side;

    public static int Down => PowerOfTwo.Divide(Group.IdxX, Side);

    public static int Across => PowerOfTwo.Remainder(Group.IdxX, Side);

    public static int Reach => Quads.Reach;

    public static int GroupsEach => Quads.GroupsEach;

    public static int PairedTerms => TFormat.TermsPerWord;

    public static int Slab => TensorSlab<TGroup, TFormat>.Terms;

    /// <summary>Slabs of 18 KB in tiles of 128 x 128.</summary>
    public static int SlabWords => Quads.Reach * TensorSlab<TGroup, TFormat>.SquareWords / 4;

    public static void Synchronize() => TGroup.Synchronize();

    public static void Begin() => TCore.Begin();

    public static void Bring<TLeft, TRight>(Factor<TLeft, TRight> factor, SlabSource left, SlabSource right, int term, int end, bool inWords)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand =>
        factor.Bring<WideTensorTile<TGroup, TFormat, TCore>, Quads, Twice<FormatWords<TFormat>>, FormatWords<TFormat>>(left, right, term, end, inWords);

    public static Quads Zero() => new() { TopLeft = TCore.Zero(0), TopRight = TCore.Zero(1), BottomLeft = TCore.Zero(2), BottomRight = TCore.Zero(3) };

    public static void PutTerms(ArrayView<Float4> slab, int row, int term, Float4 terms) => TensorSlab<TGroup, TFormat>.PutTerms(slab, row, term, terms);

    public static void PutRows(ArrayView<Float4> slab, int row, int term, Float4 rows, Float4 next) => TensorSlab<TGroup, TFormat>.PutRows(slab, row, term, rows, next);

    public static Quads MultiplyAdd(Quads sums, ArrayView<Float4> left, ArrayView<Float4> right, int terms)
    {
        ArrayView<int> l = TensorSlab<TGroup, TFormat>.OfLeft(left), r = TensorSlab<TGroup, TFormat>.OfRight(right);
        for (int word = 0; word * TFormat.TermsPerWord < terms; word += TensorSlab<TGroup, TFormat>.StepWords)
        {
            ArrayView<int> a = l.SubView(word), b = r.SubView(word);
            LeftFragments top = TensorSlab<TGroup, TFormat>.Left(a, 0), bottom = TensorSlab<TGroup, TFormat>.Left(a, TensorSlab<TGroup, TFormat>.SquareWords);
            RightFragments first = TensorSlab<TGroup, TFormat>.Right(b, 0), second = TensorSlab<TGroup, TFormat>.Right(b, TensorSlab<TGroup, TFormat>.SquareWords);
            sums = new()
            {
                TopLeft = TCore.MultiplyAdd(0, sums.TopLeft, top, first),
                TopRight = TCore.MultiplyAdd(1, sums.TopRight, top, second),
                BottomLeft = TCore.MultiplyAdd(2, sums.BottomLeft, bottom, first),
                BottomRight = TCore.MultiplyAdd(3, sums.BottomRight, bottom, second),
            };
        }

        return sums;
    }

    public static Quad First(Quads sums, ArrayView<Float4> slabs) => TensorSlab<TGroup, TFormat>.Collect<TCore>(sums.TopLeft, slabs);

    public static void HandTo<TSink>(TSink sink, TileFrame frame, Quads sums, ArrayView<Float4> slabs)
        where TSink : struct, ISink => WideTiles.HandTo<WideTensorTile<TGroup, TFormat, TCore>, TSink>(sink, frame, sums, slabs);

    public static Quads Rest(Quads sums)
    {
        TCore.Rest();
        return sums.Rest();
    }
}
