namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <inheritdoc/>
    public void Materialise(ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor destination)
    {
        ParameterGradient gradient = View(uses, role, ref _left);
        var tiling = new GradientTiling(gradient.Rows, gradient.Columns);
        var body = new MaterialiseBody(device, gradient, tiling, HostMemory.Of(destination));
        RangeLoop.Run(device.Pool, checked(gradient.Batch * tiling.Count), gradient.FlopsPerElement * tiling.MaxElements, ref body);
    }

    /// <summary>Units are tiles of samples, formed where they belong.</summary>
    private readonly struct MaterialiseBody(CpuDevice device, ParameterGradient gradient, GradientTiling tiling, float* destination) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            Scratch scratch = device.Scratch(worker);
            for (int unit = first; unit < end; unit++)
            {
                (int sample, int index) = Math.DivRem(unit, tiling.Count);
                Tile tile = tiling[index];
                long offset = (sample * gradient.Count) + ((long)tile.Row * gradient.Columns) + tile.Column;
                gradient.Form(sample, tile, destination + offset, gradient.Columns, scratch);
            }
        }
    }
}
