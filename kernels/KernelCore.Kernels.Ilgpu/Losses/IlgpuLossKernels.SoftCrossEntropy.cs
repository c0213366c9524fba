using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLossKernels
{
    public void CrossEntropy(Tensor logits, Tensor targets, float scale, Tensor loss, Tensor cotangent) => device.ForEachRow(KernelShapes.SoftCrossEntropy(loss.Count, logits.Shape[-1]), new SoftLabels
    {
        Logits = DeviceMemory.Of(logits), Targets = DeviceMemory.Of(targets), Loss = DeviceMemory.Of(loss), Cotangent = DeviceMemory.Of(cotangent),
        Rows = new RowLayout(logits.Shape[-1], DeviceMemory.AreAligned(logits, targets, cotangent)), Scale = scale,
    });

    internal struct SoftLabels : IRow
    {
        public ArrayView<float> Logits, Targets, Loss, Cotangent;
        public RowLayout Rows;
        public float Scale;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            RowWalk<TWarp> walk = Rows.Row<TWarp>(row);
            float max = LogitRow.Max(walk, Logits);
            Exponentials sums = walk.Map(new Exponentials { Logits = Logits, Targets = Targets, Cotangent = Cotangent, Max = max });
            double total = TWarp.Sum(sums.Total), mass = TWarp.Sum(sums.Mass);
            Differences differences = walk.Map(new Differences
            {
                Logits = Logits, Targets = Targets, Cotangent = Cotangent, LogTotal = max + DoubleMath.Log(total), Factor = (float)(Scale * mass / total), Scale = Scale,
            });
            double loss = TWarp.Sum(differences.Loss);
            if (TWarp.Lane == 0)
            {
                Loss[row] = (float)loss;
            }
        }

        private struct Exponentials : IRowMap
        {
            public ArrayView<float> Logits, Targets, Cotangent;
            public float Max;
            public double Total, Mass;

            public static int Ahead => 2;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => new(TWord.Load(Logits, at), TWord.Load(Targets, at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Operands<float> Take(int column, Operands<float> x)
            {
                float e = LogitRow.Exp(x.A, Max);
                Total += e;
                Mass += x.B;
                return new(e);
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly void Store<TWord>(int at, Operands<TWord> results)
                where TWord : struct, IWord<TWord> => TWord.Store(Cotangent, at, results.A);
        }

        private struct Differences : IRowMap
        {
            public ArrayView<float> Logits, Targets, Cotangent;
            public double LogTotal, Loss;
            public float Factor, Scale;

            public static int Ahead => 2;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => new(TWord.Load(Logits, at), TWord.Load(Targets, at), TWord.Load(Cotangent, at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Operands<float> Take(int column, Operands<float> x)
            {
                // A target of 0 leaves its class out, even one with a logit of minus infinity.
                double surprise = LogTotal - x.A;
                Loss += x.B == 0 & !double.IsNaN(surprise) ? 0 : x.B * surprise;
                return new((x.C * Factor) - (Scale * x.B));
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly void Store<TWord>(int at, Operands<TWord> results)
                where TWord : struct, IWord<TWord> => TWord.Store(Cotangent, at, results.A);
        }
    }
}
