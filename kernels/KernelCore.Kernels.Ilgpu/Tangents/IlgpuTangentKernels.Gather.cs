using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuTangentKernels
{
    public void MaxPool(PoolGeometry geometry, int planes, IndexTensor argmax, Tensor rx, Tensor ry) => device.ForEach((int)ry.Count, new AtMaxima
    {
        Argmax = DeviceMemory.Of(argmax), X = DeviceMemory.Of(rx), Y = DeviceMemory.Of(ry),
        Inputs = geometry.Height * geometry.Width, Outputs = new(geometry.OutHeight * geometry.OutWidth),
    });

    public void Embedding(IndexTensor indices, int paddingIndex, Tensor rtable, Tensor ry) => IlgpuLayerKernels.LookUp(device, indices, paddingIndex, rtable, ry);

    internal struct AtMaxima : IElement
    {
        public ArrayView<int> Argmax;
        public ArrayView<float> X, Y;
        public int Inputs;
        public Divisor Outputs;

        public readonly void At(int i) => Y[i] = X[(Outputs.Quotient(i) * Inputs) + Argmax[i]];
    }
}
