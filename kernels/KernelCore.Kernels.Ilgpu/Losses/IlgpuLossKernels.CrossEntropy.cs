using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLossKernels
{
    public void CrossEntropy(Tensor logits, IndexTensor labels, float scale, Tensor loss, Tensor cotangent) => device.ForEachRow(KernelShapes.CrossEntropy(labels.Count, logits.Shape[-1]), new HardLabels
    {
        Logits = DeviceMemory.Of(logits), Labels = DeviceMemory.Of(labels), Loss = DeviceMemory.Of(loss), Cotangent = DeviceMemory.Of(cotangent),
        Rows = new RowLayout(logits.Shape[-1], DeviceMemory.AreAligned(logits, cotangent)), Scale = scale,
    });

    /// <summary>
    /// Sums the wrong classes apart from the label: the label's cotangent is minus their sum instead of p - 1, and a
    /// loss near 0 is log1p of it, so neither cancels however confident the model is.
    /// </summary>
    internal struct HardLabels : IRow
    {
        public ArrayView<float> Logits, Loss, Cotangent;
        public ArrayView<int> Labels;
        public RowLayout Rows;
        public float Scale;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            RowWalk<TWarp> walk = Rows.Row<TWarp>(row);
            int label = Labels[row];
            float labelLogit = Logits[Rows.Start(row) + label], max = LogitRow.Max(walk, Logits);
            double others = TWarp.Sum(walk.Map(new Exponentials { Logits = Logits, Cotangent = Cotangent, Max = max, Label = label }).Others);
            double own = RealMath.Exp(new Real(labelLogit - max)).Value, total = own + others;
            float factor = (float)(Scale / total), labelCotangent = (float)(-Scale * others / total);
            walk.Map(new Scaled { Cotangent = Cotangent, Factor = factor, Label = label, LabelCotangent = labelCotangent });
            if (TWarp.Lane == 0)
            {
                Loss[row] = (float)(labelLogit == max ? DoubleMath.LogOnePlus(others) : DoubleMath.Log(total) + ((double)max - labelLogit));
            }
        }

        private struct Exponentials : IRowMap
        {
            public ArrayView<float> Logits, Cotangent;
            public float Max;
            public int Label;
            public double Others;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => new(TWord.Load(Logits, at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Operands<float> Take(int column, Operands<float> x)
            {
                float e = LogitRow.Exp(x.A, Max);
                Others += column == Label ? 0 : e;
                return new(e);
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly void Store<TWord>(int at, Operands<TWord> results)
                where TWord : struct, IWord<TWord> => TWord.Store(Cotangent, at, results.A);
        }

        private struct Scaled : IRowMap
        {
            public ArrayView<float> Cotangent;
            public float Factor, LabelCotangent;
            public int Label;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => new(TWord.Load(Cotangent, at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<float> Take(int column, Operands<float> x) => new(column == Label ? LabelCotangent : x.A * Factor);

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly void Store<TWord>(int at, Operands<TWord> results)
                where TWord : struct, IWord<TWord> => TWord.Store(Cotangent, at, results.A);
        }
    }
}
