using System.Runtime.CompilerServices;
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
            RowWalk<TWarp> walk = Rows.Row<TWarp>(row);
            double mean = TWarp.Sum(walk.Sum(new ValueSum { X = X }).Total) / Rows.Length;
            double squares = TWarp.Sum(walk.Sum(new Deviations { X = X, Mean = mean }).Squares);
            double inverse = 1 / Math.Sqrt((squares / Rows.Length) + Epsilon);
            walk.Map(new Standardization { X = X, Normalized = Normalized, Mean = mean, Inverse = inverse });
            if (TWarp.Lane == 0)
            {
                InverseDeviation[row] = (float)inverse;
            }
        }
    }

    private struct Deviations : IRowSum
    {
        public ArrayView<float> X;
        public double Mean, Squares;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(X, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(int column, Operands<float> x)
        {
            double deviation = x.A - Mean;
            Squares += deviation * deviation;
        }
    }

    private struct Standardization : IRowMap
    {
        public ArrayView<float> X, Normalized;
        public double Mean, Inverse;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(X, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<float> Take(int column, Operands<float> x) => new((float)((x.A - Mean) * Inverse));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store<TWord>(int at, Operands<TWord> results)
            where TWord : struct, IWord<TWord> => TWord.Store(Normalized, at, results.A);
    }
}
