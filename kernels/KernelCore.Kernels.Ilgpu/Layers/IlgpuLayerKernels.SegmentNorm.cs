using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void NormalizeSegments(int segments, int length, float epsilon, Tensor x, Tensor normalized, Tensor inverseDeviation) =>
        device.ForEachRow(KernelShapes.SegmentNorm(segments, length), new SegmentNorm
        {
            X = DeviceMemory.Of(x), Normalized = DeviceMemory.Of(normalized), InverseDeviation = DeviceMemory.Of(inverseDeviation),
            Rows = new RowLayout(length, DeviceMemory.AreAligned(x, normalized)), Epsilon = epsilon,
        });

    public void NormalizeSegmentsGradient(int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor gn, Tensor gx) =>
        device.ForEachRow(KernelShapes.SegmentJacobian(segments, length), new SegmentJacobian
        {
            Normalized = DeviceMemory.Of(normalized), InverseDeviation = DeviceMemory.Of(inverseDeviation), Operand = DeviceMemory.Of(gn),
            Product = DeviceMemory.Of(gx), Rows = new RowLayout(length, DeviceMemory.AreAligned(normalized, gn, gx)),
        });

    /// <summary>Moments in double, from two passes: a mean far above the deviation costs no digits.</summary>
    internal struct SegmentNorm : IRow
    {
        public ArrayView<float> X, Normalized, InverseDeviation;
        public RowLayout Rows;
        public float Epsilon;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            double sum = 0;
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                sum += at.Load(X).Sum();
            }

            double mean = TWarp.Sum(sum) / Rows.Length, squares = 0;
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Double4 deviation = at.Inside(at.Load(X) - (Double4)mean);
                squares += deviation.Dot(deviation);
            }

            double inverse = 1 / Math.Sqrt((TWarp.Sum(squares) / Rows.Length) + Epsilon);
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                at.Store(Normalized, ((at.Load(X) - (Double4)mean) * inverse).Round());
            }

            if (TWarp.Lane == 0)
            {
                InverseDeviation[row] = (float)inverse;
            }
        }
    }
}
