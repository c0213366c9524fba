using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Product with the Jacobian of a segment's normalisation, J v = (v - mean(v) - n mean(n v)) / deviation. J is symmetric, so tangents
/// and gradients share it.
/// </summary>
internal struct SegmentJacobian : IRow
{
    public ArrayView<float> Normalized, InverseDeviation, Operand, Product;

    /// <summary>mean(n v) of each segment; empty for nobody asked.</summary>
    public ArrayView<float> Projection;
    public RowLayout Rows;

    public readonly void At<TWarp>(int row)
        where TWarp : struct, IWarp
    {
        RowWalk<TWarp> walk = Rows.Row<TWarp>(row);
        Moments moments = walk.Sum(new Moments { Operand = Operand, Normalized = Normalized });
        float mean = (float)(TWarp.Sum(moments.Sum) / Rows.Length), projection = (float)(TWarp.Sum(moments.Product) / Rows.Length);
        walk.Map(new Projected { Operand = Operand, Normalized = Normalized, Product = Product, Mean = mean, Projection = projection, Factor = InverseDeviation[row] });
        if (TWarp.Lane == 0 && Projection.Length > 0)
        {
            Projection[row] = projection;
        }
    }

    /// <summary>Sums of v and of n v.</summary>
    private struct Moments : IRowSum
    {
        public ArrayView<float> Operand, Normalized;
        public double Sum, Product;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(Operand, at), TWord.Load(Normalized, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(int column, Operands<float> x)
        {
            Sum += x.A;
            Product += (double)x.A * x.B;
        }
    }

    private struct Projected : IRowMap
    {
        public ArrayView<float> Operand, Normalized, Product;
        public float Mean, Projection, Factor;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(Operand, at), TWord.Load(Normalized, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<float> Take(int column, Operands<float> x) => new(Factor * (x.A - Mean - (x.B * Projection)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store<TWord>(int at, Operands<TWord> results)
            where TWord : struct, IWord<TWord> => TWord.Store(Product, at, results.A);
    }
}
