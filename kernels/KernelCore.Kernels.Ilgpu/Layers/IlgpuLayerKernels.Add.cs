using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void Add(Tensor a, Tensor b, Tensor y)
    {
        long period = Math.Max(1, b.Count);
        device.ForEach(KernelShapes.Add(a.Count / period, period), new Sum { A = DeviceMemory.Of(a), B = DeviceMemory.Of(b), Y = DeviceMemory.Of(y), Period = new((int)period) });
    }

    public void AddRow(Tensor x, Tensor row, Tensor y) => Add(x, row, y);

    /// <summary>y = a + b, b repeated.</summary>
    internal struct Sum : IElement
    {
        public ArrayView<float> A, B, Y;
        public Divisor Period;

        public readonly void At(int i) => Y[i] = A[i] + B[Period.Remainder(i)];
    }
}
