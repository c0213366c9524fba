using ILGPU;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Reductions of per-sample gradients on the GPU.</summary>
/// <remarks>
/// Two ways. Where algebra allows, products of whole batches (norms by one dot, dots with a direction through the layer's
/// own rule, sums over samples as one product). Elsewhere gradients are formed for as many samples at a time as fit a
/// bounded block of device memory, reduced, and formed anew for the next.
/// </remarks>
internal sealed partial class IlgpuPerSampleKernels(IlgpuDevice device, IlgpuLinearAlgebra algebra) : IPerSampleKernels
{
    /// <summary>Elements of the block in which gradients are formed: 64 MB.</summary>
    private const int BlockElements = 1 << 24;

    private readonly RowSums _rows = new(device);

    public void Materialise(ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor destination)
    {
        int batch = Validate(uses, role);
        Form(uses, role, 0, batch, destination);
    }

    /// <summary>Elements of the parameter.</summary>
    private static int Size(ReadOnlySpan<LayerCapture> uses, ParameterRole role) =>
        role == ParameterRole.Bias ? uses[0].Layout.Channels : checked((int)uses[0].WeightShape.Count);

    /// <summary>Samples whose gradients are formed at a time.</summary>
    private static int Chunk(int batch, int size) => Math.Min(batch, Math.Max(1, BlockElements / Math.Max(1, size)));

    private static bool IsSingle(ReadOnlySpan<LayerCapture> uses, CaptureKind kind) => uses.Length == 1 && uses[0].Kind == kind;

    private static int Validate(ReadOnlySpan<LayerCapture> uses, ParameterRole role)
    {
        CaptureGuard.RequireParts(uses, role);
        return uses[0].Batch;
    }

    /// <summary>Runs sums of rows into per-sample doubles and rounds them to the result at the end.</summary>
    private void Totals(int batch, Tensor result, bool clamp, Action<ArrayView<double>> run)
    {
        MemoryBuffer1D<double, Stride1D.Dense> totals = device.Pool.Rent<double>(batch);
        ArrayView<double> view = totals.View.AsContiguous().SubView(0, batch);
        run(view);
        device.ForEach(batch, new Round { Totals = view, Result = DeviceMemory.Of(result), Clamp = clamp ? 1 : 0 });
        device.Pool.Return(totals);
    }

    /// <summary>To float32; rounding can leave a Gram sum below zero, which becomes zero. NaN stays.</summary>
    internal struct Round : IElement
    {
        public ArrayView<double> Totals;
        public ArrayView<float> Result;
        public int Clamp;

        public readonly void At(int i) => Result[i] = Clamp != 0 & Totals[i] < 0 ? 0 : (float)Totals[i];
    }
}
