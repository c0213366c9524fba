using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void Dropout(ulong seed, ulong stream, float rate, Tensor x, Tensor y) => device.ForEach((int)x.Count, new Mask
    {
        X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Seed = seed, Stream = stream, Rate = rate, Factor = (float)(1 / (1 - (double)rate)),
    });

    internal struct Mask : IElement
    {
        public ArrayView<float> X, Y;
        public ulong Seed, Stream;
        public float Rate, Factor;

        public readonly void At(int i) => Y[i] = Philox.Uniform(Seed, Stream, (ulong)i) >= Rate ? X[i] * Factor : 0;
    }
}
