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
            double sum = 0;
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Double4 difference = at.Load(Outputs) - (Double4)at.Load(Targets);
                sum += difference.Dot(difference);
                at.Store(Cotangent, difference.Round() * Real4.Broadcast(Factor));
            }

            sum = TWarp.Sum(sum);
            if (TWarp.Lane == 0)
            {
                Loss[row] = (float)(sum / Rows.Length);
            }
        }
    }
}
