using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuTangentKernels
{
    public void CrossEntropyCurvature(Tensor logits, Tensor? targets, float scale, Tensor r, Tensor result)
    {
        int classes = logits.Shape[-1];
        device.ForEachRow(KernelShapes.CrossEntropyCurvature(classes == 0 ? 0 : logits.Count / classes, classes), new Curvature
        {
            Logits = DeviceMemory.Of(logits), Targets = DeviceMemory.Of(targets), Tangent = DeviceMemory.Of(r), Result = DeviceMemory.Of(result),
            Rows = new RowLayout(classes, DeviceMemory.AreAligned(logits, targets, r, result)), Scale = scale,
        });
    }

    internal struct Curvature : IRow
    {
        public ArrayView<float> Logits, Targets, Tangent, Result;
        public RowLayout Rows;
        public float Scale;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            RowWalk<TWarp> walk = Rows.Row<TWarp>(row);
            float max = LogitRow.Max(walk, Logits), center = Tangent[Rows.Start(row) + LogitRow.IndexOf(walk, Logits, max)];
            Moments moments = walk.Sum(new Moments { Logits = Logits, Targets = Targets, Tangent = Tangent, Max = max, Center = center });
            double total = TWarp.Sum(moments.Total), mass = Targets.Length == 0 ? 1 : TWarp.Sum(moments.Mass);
            walk.Map(new Products
            {
                Logits = Logits, Tangent = Tangent, Result = Result, Max = max, Center = center,
                Mean = (float)(TWarp.Sum(moments.Moment) / total), Factor = (float)(Scale * mass / total),
            });
        }

        private struct Moments : IRowSum
        {
            public ArrayView<float> Logits, Targets, Tangent;
            public float Max, Center;
            public double Total, Moment, Mass;

            public static int Ahead => 2;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => new(TWord.Load(Logits, at), TWord.Load(Tangent, at), Targets.Length == 0 ? TWord.Broadcast(0) : TWord.Load(Targets, at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void Take(int column, Operands<float> x)
            {
                float e = LogitRow.Exp(x.A, Max);
                Total += e;
                Moment += ((double)x.B - Center) * e;
                Mass += x.C;
            }
        }

        private struct Products : IRowMap
        {
            public ArrayView<float> Logits, Tangent, Result;
            public float Max, Center, Mean, Factor;

            public static int Ahead => 2;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => new(TWord.Load(Logits, at), TWord.Load(Tangent, at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<float> Take(int column, Operands<float> x) => new(LogitRow.Exp(x.A, Max) * Factor * (x.B - Center - Mean));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly void Store<TWord>(int at, Operands<TWord> results)
                where TWord : struct, IWord<TWord> => TWord.Store(Result, at, results.A);
        }
    }
}
