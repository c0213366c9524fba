namespace KernelCore.Kernels.Cpu;

/// <summary>totals[i] += grad_i . direction, or ||grad_i||^2 without a direction, by forming each sample's gradient in tiles.</summary>
/// <remarks>One unit of work is one tile of one sample; its double partial lands in [batch, tiles], added in tile order.</remarks>
internal unsafe struct TileReduction : IRangeBody
{
    private readonly CpuDevice _device;
    private readonly ParameterGradient _gradient;
    private readonly GradientTiling _tiling;
    private readonly float* _direction;
    private readonly double* _partials;

    private TileReduction(CpuDevice device, in ParameterGradient gradient, float* direction)
    {
        _device = device;
        _gradient = gradient;
        _direction = direction;
        _tiling = new GradientTiling(gradient.Rows, gradient.Columns);
        _partials = device.Scratch(0).Doubles(ScratchSlot.Sums, (long)gradient.Batch * _tiling.Count);
    }

    /// <param name="device">Device.</param>
    /// <param name="gradient">Parameter.</param>
    /// <param name="direction">[Rows, Columns], or null for the squared norm.</param>
    /// <param name="totals">[batch].</param>
    public static void Run(CpuDevice device, in ParameterGradient gradient, float* direction, double* totals)
    {
        var body = new TileReduction(device, gradient, direction);
        int tiles = body._tiling.Count;
        RangeLoop.Run(device.Pool, checked(gradient.Batch * tiles), (gradient.FlopsPerElement + 2) * body._tiling.MaxElements, ref body);
        for (int i = 0; i < gradient.Batch; i++)
        {
            double total = 0;
            for (int tile = 0; tile < tiles; tile++)
            {
                total += body._partials[(i * tiles) + tile];
            }

            totals[i] += total;
        }
    }

    public readonly void Run(int first, int end, int worker)
    {
        Scratch scratch = _device.Scratch(worker);
        float* memory = scratch.Floats(ScratchSlot.Gradient, _tiling.MaxElements);
        for (int unit = first; unit < end; unit++)
        {
            (int sample, int index) = Math.DivRem(unit, _tiling.Count);
            Tile tile = _tiling[index];
            _gradient.Form(sample, tile, memory, tile.Columns, scratch);
            _partials[unit] = _direction == null
                ? Reductions.Dot(memory, memory, tile.Count)
                : Reductions.Dot(memory, tile.Columns, _direction + ((long)tile.Row * _gradient.Columns) + tile.Column, _gradient.Columns, tile.Rows, tile.Columns);
        }
    }
}
