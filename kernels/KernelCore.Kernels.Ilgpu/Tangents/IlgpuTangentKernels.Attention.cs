using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuTangentKernels
{
    public void Attention(AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor rqkv, Tensor rprobabilities, Tensor ry)
    {
        var heads = new AttentionHeads(algebra, geometry);
        heads.Scores(HeadPart.Query(rqkv), HeadPart.Key(qkv), heads.Scale, 0, rprobabilities);
        heads.Scores(HeadPart.Query(qkv), HeadPart.Key(rqkv), heads.Scale, 1, rprobabilities);
        device.ForEachRow(KernelShapes.SoftmaxJacobian(AttentionHeads.Rows(geometry), geometry.Tokens), new SoftmaxJacobian
        {
            Probabilities = DeviceMemory.Of(probabilities), Vectors = DeviceMemory.Of(rprobabilities),
            Rows = new RowLayout(geometry.Tokens, DeviceMemory.AreAligned(probabilities, rprobabilities)),
        });
        heads.Mix(rprobabilities, transposed: false, HeadPart.Value(qkv), 1, 0, HeadPart.Output(ry));
        heads.Mix(probabilities, transposed: false, HeadPart.Value(rqkv), 1, 1, HeadPart.Output(ry));
    }

    public void AttentionGradient(
        AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor rqkv, Tensor rprobabilities, Tensor gy, Tensor rgy, Tensor rgqkv)
    {
        var heads = new AttentionHeads(algebra, geometry);
        using Tensor gs = device.Scratch(probabilities.Shape), rgs = device.Scratch(probabilities.Shape);
        heads.Mix(rprobabilities, transposed: true, HeadPart.Output(gy), 1, 0, HeadPart.Value(rgqkv));
        heads.Mix(probabilities, transposed: true, HeadPart.Output(rgy), 1, 1, HeadPart.Value(rgqkv));
        heads.Scores(HeadPart.Output(gy), HeadPart.Value(qkv), 1, 0, gs);
        heads.Scores(HeadPart.Output(rgy), HeadPart.Value(qkv), 1, 0, rgs);
        heads.Scores(HeadPart.Output(gy), HeadPart.Value(rqkv), 1, 1, rgs);
        device.ForEachRow(AttentionHeads.Rows(geometry), new ScoreGradientTangent
        {
            Probabilities = DeviceMemory.Of(probabilities), ProbabilitiesTangent = DeviceMemory.Of(rprobabilities),
            Gradient = DeviceMemory.Of(gs), GradientTangent = DeviceMemory.Of(rgs),
            Rows = new RowLayout(geometry.Tokens, DeviceMemory.AreAligned(probabilities, rprobabilities, gs, rgs)),
        });
        heads.Mix(rgs, transposed: false, HeadPart.Key(qkv), heads.Scale, 0, HeadPart.Query(rgqkv));
        heads.Mix(gs, transposed: false, HeadPart.Key(rqkv), heads.Scale, 1, HeadPart.Query(rgqkv));
        heads.Mix(rgs, transposed: true, HeadPart.Query(qkv), heads.Scale, 0, HeadPart.Key(rgqkv));
        heads.Mix(gs, transposed: true, HeadPart.Query(rqkv), heads.Scale, 1, HeadPart.Key(rgqkv));
    }

    /// <summary>gs = p (gp - mean) and rgs = rp (gp - mean) + p (rgp - rmean), in place of gp and rgp.</summary>
    internal struct ScoreGradientTangent : IRow
    {
        public ArrayView<float> Probabilities, ProbabilitiesTangent, Gradient, GradientTangent;
        public RowLayout Rows;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            RowWalk<TWarp> walk = Rows.Row<TWarp>(row);
            Sums sums = walk.Sum(new Sums { Probabilities = Probabilities, ProbabilitiesTangent = ProbabilitiesTangent, Gradient = Gradient, GradientTangent = GradientTangent });
            walk.Map(new Results { Of = sums, Mean = (float)TWarp.Sum(sums.Sum), MeanTangent = (float)TWarp.Sum(sums.Tangent) });
        }

        private struct Sums : IRowSum
        {
            public ArrayView<float> Probabilities, ProbabilitiesTangent, Gradient, GradientTangent;
            public double Sum, Tangent;

            public static int Ahead => 2;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => new(TWord.Load(Probabilities, at), TWord.Load(ProbabilitiesTangent, at), TWord.Load(Gradient, at), TWord.Load(GradientTangent, at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void Take(int column, Operands<float> x)
            {
                Sum += (double)x.A * x.C;
                Tangent += ((double)x.B * x.C) + ((double)x.A * x.D);
            }
        }

        private struct Results : IRowMap
        {
            public Sums Of;
            public float Mean, MeanTangent;

            public static int Ahead => 2;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => Of.Load<TWord>(at, column);

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<float> Take(int column, Operands<float> x)
            {
                float deviation = x.C - Mean;
                return new(x.A * deviation, (x.B * deviation) + (x.A * (x.D - MeanTangent)));
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly void Store<TWord>(int at, Operands<TWord> results)
                where TWord : struct, IWord<TWord>
            {
                TWord.Store(Of.Gradient, at, results.A);
                TWord.Store(Of.GradientTangent, at, results.B);
            }
        }
    }
}
