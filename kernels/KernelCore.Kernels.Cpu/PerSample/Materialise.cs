namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <inheritdoc/>
    public void Materialise(ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor destination)
    {
        ParameterGradient gradient = View(uses, role, ref _left);
        var tiling = new GradientTiling(gradient.Rows, gradient.Columns);
        var body = new MaterialiseBody(device, gradient, tiling, HostMemory.Of(destination));
        device.Pool.Run(body.Tasks, ref body);
    }

    /// <summary>Units are tiles of samples, formed where they belong.</summary>
    private readonly struct MaterialiseBody(CpuDevice device, ParameterGradient gradient, GradientTiling tiling, float* destination) : IParallelBody
    {
        private readonly int _unitsPerTask = Parallelism.UnitsPerTask(gradient.FlopsPerElement * tiling.MaxElements);

        public int Tasks => Parallelism.Chunks((long)gradient.Batch * tiling.Count, _unitsPerTask);

        public void Run(int task, int worker)
        {
            Scratch scratch = device.Scratch(worker);
            int end = (int)Math.Min((long)gradient.Batch * tiling.Count, (task + 1L) * _unitsPerTask);
            for (int unit = task * _unitsPerTask; unit < end; unit++)
            {
                (int sample, int index) = Math.DivRem(unit, tiling.Count);
                Tile tile = tiling[index];
                long offset = (sample * gradient.Count) + ((long)tile.Row * gradient.Columns) + tile.Column;
                gradient.Form(sample, tile, destination + offset, gradient.Columns, scratch);
            }
        }
    }
}
