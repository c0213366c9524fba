using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuTangentKernels
{
    public void ScaleShift(ChannelLayout layout, Tensor x, Tensor? rx, Tensor gamma, Tensor? rgamma, Tensor? rbeta, Tensor ry) => device.ForEach(layout.Count, new AffineTangent
    {
        X = DeviceMemory.Of(x), InputTangent = DeviceMemory.Of(rx), Gamma = DeviceMemory.Of(gamma), GammaTangent = DeviceMemory.Of(rgamma),
        BetaTangent = DeviceMemory.Of(rbeta), OutputTangent = DeviceMemory.Of(ry), Channels = new ChannelAxis(layout),
    });

    public void NormalizeSegments(int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor rx, Tensor rnormalized, Tensor projection) =>
        device.ForEachRow(KernelShapes.SegmentJacobian(segments, length), new SegmentJacobian
        {
            Normalized = DeviceMemory.Of(normalized), InverseDeviation = DeviceMemory.Of(inverseDeviation), Operand = DeviceMemory.Of(rx),
            Product = DeviceMemory.Of(rnormalized), Projection = DeviceMemory.Of(projection),
            Rows = new RowLayout(length, DeviceMemory.AreAligned(normalized, rx, rnormalized)),
        });

    public void NormalizeSegmentsGradient(
        int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor rnormalized, Tensor projection, Tensor gn, Tensor rgn, Tensor rgx) =>
        device.ForEachRow(segments, new SegmentGradientTangent
        {
            Normalized = DeviceMemory.Of(normalized), InverseDeviation = DeviceMemory.Of(inverseDeviation), NormalizedTangent = DeviceMemory.Of(rnormalized),
            Projection = DeviceMemory.Of(projection), Gradient = DeviceMemory.Of(gn), GradientTangent = DeviceMemory.Of(rgn), Result = DeviceMemory.Of(rgx),
            Rows = new RowLayout(length, DeviceMemory.AreAligned(normalized, rnormalized, gn, rgn, rgx)),
        });

    /// <summary>ry = gamma_c rx + rgamma_c x + rbeta_c; an empty operand stands for zeros.</summary>
    internal struct AffineTangent : IElement
    {
        public ArrayView<float> X, InputTangent, Gamma, GammaTangent, BetaTangent, OutputTangent;
        public ChannelAxis Channels;

        public readonly void At(int i)
        {
            int channel = Channels.Of(i);
            float value = BetaTangent.Length == 0 ? 0 : BetaTangent[channel];
            value = GammaTangent.Length == 0 ? value : (GammaTangent[channel] * X[i]) + value;
            OutputTangent[i] = InputTangent.Length == 0 ? value : (Gamma[channel] * InputTangent[i]) + value;
        }
    }

    /// <summary>The projection of the gradient's tangent, less the motion of the projection itself and of its factor.</summary>
    internal struct SegmentGradientTangent : IRow
    {
        public ArrayView<float> Normalized, InverseDeviation, NormalizedTangent, Projection, Gradient, GradientTangent, Result;
        public RowLayout Rows;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            RowWalk<TWarp> walk = Rows.Row<TWarp>(row);
            Sums sums = walk.Sum(new Sums { Normalized = Normalized, NormalizedTangent = NormalizedTangent, Gradient = Gradient, GradientTangent = GradientTangent });
            walk.Map(new Results
            {
                Normalized = Normalized, NormalizedTangent = NormalizedTangent, Gradient = Gradient, GradientTangent = GradientTangent, Result = Result,
                Mean = Mean<TWarp>(sums.Sum), MeanProduct = Mean<TWarp>(sums.Product), MeanTangent = Mean<TWarp>(sums.SumTangent),
                MeanProductTangent = Mean<TWarp>(sums.ProductTangent), Factor = InverseDeviation[row], Shrink = InverseDeviation[row] * Projection[row],
            });
        }

        private readonly float Mean<TWarp>(double sum)
            where TWarp : struct, IWarp => (float)(TWarp.Sum(sum) / Rows.Length);

        private struct Sums : IRowSum
        {
            public ArrayView<float> Normalized, NormalizedTangent, Gradient, GradientTangent;
            public double Sum, Product, SumTangent, ProductTangent;

            public static int Ahead => 2;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => new(TWord.Load(Gradient, at), TWord.Load(GradientTangent, at), TWord.Load(Normalized, at), TWord.Load(NormalizedTangent, at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void Take(int column, Operands<float> x)
            {
                Sum += x.A;
                Product += (double)x.A * x.C;
                SumTangent += x.B;
                ProductTangent += ((double)x.B * x.C) + ((double)x.A * x.D);
            }
        }

        private struct Results : IRowMap
        {
            public ArrayView<float> Normalized, NormalizedTangent, Gradient, GradientTangent, Result;
            public float Mean, MeanProduct, MeanTangent, MeanProductTangent, Factor, Shrink;

            public static int Ahead => 2;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => new(TWord.Load(Gradient, at), TWord.Load(GradientTangent, at), TWord.Load(Normalized, at), TWord.Load(NormalizedTangent, at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<float> Take(int column, Operands<float> x)
            {
                float own = x.A - Mean - (x.C * MeanProduct);
                float moved = x.B - MeanTangent - (x.D * MeanProduct) - (x.C * MeanProductTangent);
                return new(Factor * (moved - (Shrink * own)));
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly void Store<TWord>(int at, Operands<TWord> results)
                where TWord : struct, IWord<TWord> => TWord.Store(Result, at, results.A);
        }
    }
}
