using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Reduced precision by tensor cores: a warp computes 32 x 16 elements of a square.</summary>
internal readonly struct TensorTile<TGroup, TFormat, TCore> : ITile<Quad>
    where TGroup : struct, IGroupShape
    where TFormat : struct, ITensorFormat
    where TCore : struct, ITensorCore
{
    public static int Side => TGroup.Side;

    public static int Down => PowerOfTwo.Divide(Group.IdxX, Side);

    public static int Across => PowerOfTwo.Remainder(Group.IdxX, Side);

    public static int Reach => 1;

    public static int GroupsEach => 0;

    public static int PairedTerms => TFormat.TermsPerWord;

    public static int Slab => TensorSlab<TGroup, TFormat>.Terms;

    /// <summary>Slabs of 9 KB in tiles of 64 x 64: both have room for the square.</summary>
    public static int SlabWords => TensorSlab<TGroup, TFormat>.SquareWords / 4;

    public static void Synchronize() => TGroup.Synchronize();

    public static void Begin() => TCore.Begin();

    public static void Bring<TLeft, TRight>(Factor<TLeft, TRight> factor, SlabSource left, SlabSource right, int term, int end, bool inWords)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand =>
        factor.Bring<TensorTile<TGroup, TFormat, TCore>, Quad, FormatWords<TFormat>, FormatWords<TFormat>>(left, right, term, end, inWords);

    public static Quad Zero() => TCore.Zero(0);

    public static void PutTerms(ArrayView<Float4> slab, int row, int term, Float4 terms) => TensorSlab<TGroup, TFormat>.PutTerms(slab, row, term, terms);

    public static void PutRows(ArrayView<Float4> slab, int row, int term, Float4 rows, Float4 next) => TensorSlab<TGroup, TFormat>.PutRows(slab, row, term, rows, next);

    public static Quad MultiplyAdd(Quad sums, ArrayView<Float4> left, ArrayView<Float4> right, int terms)
    {
        ArrayView<int> l = TensorSlab<TGroup, TFormat>.OfLeft(left), r = TensorSlab<TGroup, TFormat>.OfRight(right);
        for (int word = 0; word * TFormat.TermsPerWord < terms; word += TensorSlab<TGroup, TFormat>.StepWords)
        {
            sums = TCore.MultiplyAdd(0, sums, TensorSlab<TGroup, TFormat>.Left(l.SubView(word), 0), TensorSlab<TGroup, TFormat>.Right(r.SubView(word), 0));
        }

        return sums;
    }

    public static Quad First(Quad sums, ArrayView<Float4> slabs) => TensorSlab<TGroup, TFormat>.Collect<TCore>(sums, slabs);

    public static void HandTo<TSink>(TSink sink, TileFrame frame, Quad sums, ArrayView<Float4> slabs)
        where TSink : struct, ISink => sink.Take<TensorTile<TGroup, TFormat, TCore>>(frame, First(sums, slabs));
}
