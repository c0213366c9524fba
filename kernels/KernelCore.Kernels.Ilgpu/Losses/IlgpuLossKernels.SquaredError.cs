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
            Width = width, Factor = (float)(2.0 * scale / width),
        });
    }

    internal struct Squares : IRow
    {
        public ArrayView<float> Outputs, Targets, Loss, Cotangent;
        public int Width;
        public float Factor;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            int start = row * Width;
            double sum = 0;
            for (int i = TWarp.Lane; i < Width; i += TWarp.Width)
            {
                double difference = (double)Outputs[start + i] - Targets[start + i];
                sum += difference * difference;
                Cotangent[start + i] = (float)difference * Factor;
            }

            sum = TWarp.Sum(sum);
            if (TWarp.Lane == 0)
            {
                Loss[row] = (float)(sum / Width);
            }
        }
    }
}
