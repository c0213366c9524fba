using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLossKernels
{
    public void SquaredError(Tensor outputs, Tensor targets, float scale, Tensor loss, Tensor cotangent)
    {
        int batch = (int)loss.Count, width = batch == 0 ? 0 : (int)(outputs.Count / batch);
        device.ForEachRow(KernelShapes.SquaredError(batch, width), new Squares
        {
            Outputs = DeviceMemory.Of(outputs), Targets = DeviceMemory.Of(targets), Loss = DeviceMemory.Of(loss), Cotangent = DeviceMemory.Of(cotangent),
            Rows = new RowLayout(width, DeviceMemory.AreAligned(outputs, targets, cotangent)), Factor = (float)(2.0 * scale / width),
        });
    }

    internal struct Squares : IRow
    {
        public ArrayView<float> Outputs, Targets, Loss, Cotangent;
        public RowLayout Rows;
        public float Factor;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            double sum = TWarp.Sum(Rows.Row<TWarp>(row).Map(new Differences { Outputs = Outputs, Targets = Targets, Cotangent = Cotangent, Factor = Factor }).Sum);
            if (TWarp.Lane == 0)
            {
                Loss[row] = (float)(sum / Rows.Length);
            }
        }

        private struct Differences : IRowMap
        {
            public ArrayView<float> Outputs, Targets, Cotangent;
            public float Factor;
            public double Sum;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Operands<TWord> Load<TWord>(int at, int column)
                where TWord : struct, IWord<TWord> => new(TWord.Load(Outputs, at), TWord.Load(Targets, at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Operands<float> Take(int column, Operands<float> x)
            {
                double difference = (double)x.A - x.B;
                Sum += difference * difference;
                return new((float)difference * Factor);
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly void Store<TWord>(int at, Operands<TWord> results)
                where TWord : struct, IWord<TWord> => TWord.Store(Cotangent, at, results.A);
        }
    }
}
