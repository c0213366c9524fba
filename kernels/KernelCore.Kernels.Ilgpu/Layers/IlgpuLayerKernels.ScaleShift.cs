using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void ScaleShift(ChannelLayout layout, Tensor x, Tensor? gamma, Tensor? beta, Tensor y) => device.ForEach(KernelShapes.ScaleShift(layout), new Affine
    {
        X = DeviceMemory.Of(x), Gamma = DeviceMemory.Of(gamma), Beta = DeviceMemory.Of(beta), Y = DeviceMemory.Of(y), Channels = new ChannelAxis(layout),
    });

    internal struct Affine : IElement
    {
        public ArrayView<float> X, Gamma, Beta, Y;
        public ChannelAxis Channels;

        public readonly void At(int i)
        {
            int channel = Channels.Of(i);
            float value = Gamma.Length == 0 ? X[i] : X[i] * Gamma[channel];
            Y[i] = Beta.Length == 0 ? value : value + Beta[channel];
        }
    }
}
