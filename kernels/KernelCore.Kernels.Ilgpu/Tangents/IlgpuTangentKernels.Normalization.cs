using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuTangentKernels
{
    public void ScaleShift(ChannelLayout layout, Tensor x, Tensor? rx, Tensor gamma, Tensor? rgamma, Tensor? rbeta, Tensor ry) => device.ForEach(layout.Count, new AffineTangent
    {
        X = DeviceMemory.Of(x), InputTangent = DeviceMemory.Of(rx), Gamma = DeviceMemory.Of(gamma), GammaTangent = DeviceMemory.Of(rgamma),
        BetaTangent = DeviceMemory.Of(rbeta), OutputTangent = DeviceMemory.Of(ry), Channels = layout.Channels, Inner = layout.Inner,
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
        public int Channels, Inner;

        public readonly void At(int i)
        {
            int channel = i / Inner % Channels;
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
            double sum = 0, product = 0, rsum = 0, rproduct = 0;
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Real4 g = at.Load(Gradient), rg = at.Load(GradientTangent), hat = at.Load(Normalized);
                sum += g.Sum();
                product += g.Dot(hat);
                rsum += rg.Sum();
                rproduct += rg.Dot(hat) + g.Dot(at.Load(NormalizedTangent));
            }

            Real4 mean = Mean<TWarp>(sum), meanProduct = Mean<TWarp>(product), rmean = Mean<TWarp>(rsum), rmeanProduct = Mean<TWarp>(rproduct);
            Real4 factor = Real4.Broadcast(InverseDeviation[row]), shrink = factor * Real4.Broadcast(Projection[row]);
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Real4 hat = at.Load(Normalized), own = at.Load(Gradient) - mean - (hat * meanProduct);
                Real4 moved = at.Load(GradientTangent) - rmean - (at.Load(NormalizedTangent) * meanProduct) - (hat * rmeanProduct);
                at.Store(Result, factor * (moved - (shrink * own)));
            }
        }

        private readonly Real4 Mean<TWarp>(double sum)
            where TWarp : struct, IWarp => Real4.Broadcast((float)(TWarp.Sum(sum) / Rows.Length));
    }
}
