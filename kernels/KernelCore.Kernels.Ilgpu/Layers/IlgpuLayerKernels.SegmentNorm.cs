using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void NormalizeSegments(int segments, int length, float epsilon, Tensor x, Tensor normalized, Tensor inverseDeviation) =>
        device.ForEachRow(KernelShapes.SegmentNorm(segments, length), new SegmentNorm
        {
            X = DeviceMemory.Of(x), Normalized = DeviceMemory.Of(normalized), InverseDeviation = DeviceMemory.Of(inverseDeviation), Length = length, Epsilon = epsilon,
        });

    public void NormalizeSegmentsGradient(int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor gn, Tensor gx) =>
        device.ForEachRow(KernelShapes.SegmentJacobian(segments, length), new SegmentJacobian
        {
            Normalized = DeviceMemory.Of(normalized), InverseDeviation = DeviceMemory.Of(inverseDeviation), Operand = DeviceMemory.Of(gn),
            Product = DeviceMemory.Of(gx), Length = length,
        });

    /// <summary>Moments in double, from two passes: a mean far above the deviation costs no digits.</summary>
    internal struct SegmentNorm : IRow
    {
        public ArrayView<float> X, Normalized, InverseDeviation;
        public int Length;
        public float Epsilon;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            int start = row * Length;
            double sum = 0;
            for (int i = TWarp.Lane; i < Length; i += TWarp.Width)
            {
                sum += X[start + i];
            }

            double mean = TWarp.Sum(sum) / Length, squares = 0;
            for (int i = TWarp.Lane; i < Length; i += TWarp.Width)
            {
                double deviation = X[start + i] - mean;
                squares += deviation * deviation;
            }

            double inverse = 1 / Math.Sqrt((TWarp.Sum(squares) / Length) + Epsilon);
            for (int i = TWarp.Lane; i < Length; i += TWarp.Width)
            {
                Normalized[start + i] = (float)((X[start + i] - mean) * inverse);
            }

            if (TWarp.Lane == 0)
            {
                InverseDeviation[row] = (float)inverse;
            }
        }
    }
}
