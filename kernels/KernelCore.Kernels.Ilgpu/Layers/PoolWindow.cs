using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Shape of a pooling window, as kernels take it.</summary>
internal readonly struct PoolWindow(PoolGeometry g)
{
    public readonly int Height = g.Height, Width = g.Width, OutHeight = g.OutHeight, OutWidth = g.OutWidth;
    public readonly int KernelHeight = g.KernelHeight, KernelWidth = g.KernelWidth, StrideHeight = g.StrideHeight, StrideWidth = g.StrideWidth;
    public readonly int PadHeight = g.PadHeight, PadWidth = g.PadWidth;

    public int Inputs => Height * Width;

    public int Outputs => OutHeight * OutWidth;

    /// <summary>First row of the window of an output; may lie in the padding.</summary>
    public int Top(int output) => (output / OutWidth % OutHeight * StrideHeight) - PadHeight;

    /// <summary>First column of the window of an output; may lie in the padding.</summary>
    public int Left(int output) => (output % OutWidth * StrideWidth) - PadWidth;

    /// <summary>First output row whose window holds an input row.</summary>
    public int FirstOut(int row) => FirstOut(row + PadHeight, KernelHeight, StrideHeight);

    /// <summary>Last output row whose window holds an input row.</summary>
    public int LastOut(int row) => IntrinsicMath.Min(OutHeight - 1, (row + PadHeight) / StrideHeight);

    /// <summary>First output column whose window holds an input column.</summary>
    public int FirstOutColumn(int column) => FirstOut(column + PadWidth, KernelWidth, StrideWidth);

    /// <summary>Last output column whose window holds an input column.</summary>
    public int LastOutColumn(int column) => IntrinsicMath.Min(OutWidth - 1, (column + PadWidth) / StrideWidth);

    private static int FirstOut(int padded, int kernel, int stride) => padded < kernel ? 0 : (padded - kernel + stride) / stride;
}
