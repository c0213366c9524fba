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
            Product = DeviceMemory.Of(rnormalized), Projection = DeviceMemory.Of(projection), Length = length,
        });

    public void NormalizeSegmentsGradient(
        int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor rnormalized, Tensor projection, Tensor gn, Tensor rgn, Tensor rgx) =>
        device.ForEachRow(segments, new SegmentGradientTangent
        {
            Normalized = DeviceMemory.Of(normalized), InverseDeviation = DeviceMemory.Of(inverseDeviation), NormalizedTangent = DeviceMemory.Of(rnormalized),
            Projection = DeviceMemory.Of(projection), Gradient = DeviceMemory.Of(gn), GradientTangent = DeviceMemory.Of(rgn), Result = DeviceMemory.Of(rgx), Length = length,
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
        public int Length;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            int start = row * Length;
            double sum = 0, product = 0, rsum = 0, rproduct = 0;
            for (int i = TWarp.Lane; i < Length; i += TWarp.Width)
            {
                double g = Gradient[start + i], rg = GradientTangent[start + i], hat = Normalized[start + i];
                sum += g;
                product += g * hat;
                rsum += rg;
                rproduct += (rg * hat) + (g * NormalizedTangent[start + i]);
            }

            float mean = (float)(TWarp.Sum(sum) / Length), meanProduct = (float)(TWarp.Sum(product) / Length);
            float rmean = (float)(TWarp.Sum(rsum) / Length), rmeanProduct = (float)(TWarp.Sum(rproduct) / Length);
            float factor = InverseDeviation[row], shrink = factor * Projection[row];
            for (int i = TWarp.Lane; i < Length; i += TWarp.Width)
            {
                float hat = Normalized[start + i], own = Gradient[start + i] - mean - (hat * meanProduct);
                float moved = GradientTangent[start + i] - rmean - (NormalizedTangent[start + i] * meanProduct) - (hat * rmeanProduct);
                Result[start + i] = factor * (moved - (shrink * own));
            }
        }
    }
}
