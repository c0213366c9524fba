using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void Embedding(IndexTensor indices, Tensor table, Tensor y) => LookUp(device, indices, paddingIndex: -1, table, y);

    /// <summary>Copies rows of a table; zeros at the padding index.</summary>
    internal static void LookUp(IlgpuDevice device, IndexTensor indices, int paddingIndex, Tensor table, Tensor y) => device.ForEach((int)y.Count, new Rows
    {
        Indices = DeviceMemory.Of(indices), Table = DeviceMemory.Of(table), Y = DeviceMemory.Of(y), Width = new(table.Shape[-1]), PaddingIndex = paddingIndex,
    });

    internal struct Rows : IElement
    {
        public ArrayView<int> Indices;
        public ArrayView<float> Table, Y;
        public Divisor Width;
        public int PaddingIndex;

        public readonly void At(int i)
        {
            int at = Width.Quotient(i), row = Indices[at];
            Y[i] = row == PaddingIndex ? 0 : Table[(row * Width.Value) + Width.Remainder(i, at)];
        }
    }
}
