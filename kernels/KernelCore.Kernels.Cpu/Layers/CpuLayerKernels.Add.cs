using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void Add(Tensor a, Tensor b, Tensor y) => Elementwise.Run(
        device.Pool, (int)y.Count, new Addition { A = HostMemory.Of(a), B = HostMemory.Of(b), Y = HostMemory.Of(y) });

    public void AddRow(Tensor x, Tensor row, Tensor y)
    {
        int length = (int)row.Count;
        ScaleShift(new ChannelLayout(length == 0 ? 0 : (int)(x.Count / length), length, 1), x, null, row, y);
    }

    private struct Addition : IElementwise
    {
        public float* A, B, Y;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> => (TLanes.Load(A + i) + TLanes.Load(B + i)).Store(Y + i);
    }
}
