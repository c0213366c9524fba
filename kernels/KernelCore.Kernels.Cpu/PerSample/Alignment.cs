namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>
    /// A unit of work is a sample, or a tile of one where gradients are formed: all that a sample's captures are needed for is
    /// done while they are in cache. Where the gradient of the weight is formed, its dot is taken there: the output is not read.
    /// </remarks>
    public void Alignment(LayerCapture use, NormFormula formula, Tensor weight, in LayerAlignment result)
    {
        CaptureGuard.RequireAlignment(use, formula, result);
        var uses = new ReadOnlySpan<LayerCapture>(in use);
        ParameterGradient gradient = View(uses, ParameterRole.Weight, ref _left);
        RequireFormula(formula, gradient, uses);
        GradientTiling tiling = formula == NormFormula.Direct ? new GradientTiling(gradient.Rows, gradient.Columns) : default;
        int units = Math.Max(1, tiling.Count);
        var sums = (AlignmentSums*)Shared.Doubles(ScratchSlot.Sums, AlignmentSums.Doubles * (long)gradient.Batch * units);
        var body = new AlignmentBody(device, gradient, formula, tiling, HostMemory.Of(weight), HostMemory.Of(use.Bias), result, sums);
        RangeLoop.Run(device.Pool, checked(gradient.Batch * units), body.FlopsPerSample / units, ref body);

        float* weightNorms = HostMemory.Of(result.WeightNorms), weightDots = HostMemory.Of(result.WeightDots);
        float* biasNorms = HostMemory.Of(result.BiasNorms), biasDots = HostMemory.Of(result.BiasDots);
        for (int i = 0; i < gradient.Batch; i++)
        {
            AlignmentSums total = default;
            for (int unit = 0; unit < units; unit++)
            {
                total.Add(sums[(i * units) + unit]);
            }

            Set(NotNegative(total.WeightNorm), weightNorms, i);
            Set(total.WeightDot, weightDots, i);
            Set(total.BiasNorm, biasNorms, i);
            Set(total.BiasDot, biasDots, i);
        }
    }

    private static void Set(double value, float* results, int index)
    {
        if (results != null)
        {
            results[index] = (float)value;
        }
    }

    /// <summary>Parts of the results of one sample.</summary>
    private struct AlignmentSums
    {
        public const int Doubles = 4;

        public double WeightNorm, WeightDot, BiasNorm, BiasDot;

        public void Add(in AlignmentSums other)
        {
            WeightNorm += other.WeightNorm;
            WeightDot += other.WeightDot;
            BiasNorm += other.BiasNorm;
            BiasDot += other.BiasDot;
        }
    }

    private readonly struct AlignmentBody(
        CpuDevice device, ParameterGradient gradient, NormFormula formula, GradientTiling tiling, float* weight, float* bias, LayerAlignment wanted, AlignmentSums* sums)
        : IRangeBody
    {
        private readonly bool _wantsWeightDot = wanted.WeightDots is not null;
        private readonly bool _formsBias =
            wanted.BiasNorms is not null || wanted.BiasDots is not null || wanted.BiasGradients is not null
            || (wanted.WeightDots is not null && formula != NormFormula.Direct && bias != null);
        private readonly float* _weightGradients = HostMemory.Of(wanted.WeightGradients), _biasGradients = HostMemory.Of(wanted.BiasGradients);

        /// <summary>About how much one sample takes.</summary>
        public double FlopsPerSample => formula switch
        {
            NormFormula.Direct => gradient.FlopsPerSample,
            NormFormula.Gram => GhostNorm.Flops(gradient[0]) * gradient[0].Groups,
            _ => 0,
        } + Parallelism.Elements(gradient[0].ActivationSize + gradient[0].BackpropSize);

        public void Run(int first, int end, int worker)
        {
            Scratch scratch = device.Scratch(worker);
            int tiles = Math.Max(1, tiling.Count);
            for (int unit = first; unit < end; unit++)
            {
                (int sample, int index) = Math.DivRem(unit, tiles);
                AlignmentSums sum = formula == NormFormula.Direct ? Formed(sample, index, scratch) : Factored(sample, scratch);
                if (_formsBias && index == 0)
                {
                    AddBias(sample, scratch, ref sum);
                }

                sums[unit] = sum;
            }
        }

        private AlignmentSums Formed(int sample, int index, Scratch scratch)
        {
            if (tiling.Count == 0)
            {
                return default;
            }

            Tile tile = tiling[index];
            long offset = ((long)tile.Row * gradient.Columns) + tile.Column;
            float* memory = _weightGradients + (sample * gradient.Count) + offset;
            int stride = gradient.Columns;
            if (_weightGradients == null)
            {
                memory = scratch.Floats(ScratchSlot.Gradient, tiling.MaxElements);
                stride = tile.Columns;
            }

            gradient.Form(sample, tile, memory, stride, scratch);
            return new AlignmentSums
            {
                WeightNorm = Reductions.Dot(memory, stride, memory, stride, tile.Rows, tile.Columns),
                WeightDot = _wantsWeightDot ? Reductions.Dot(memory, stride, weight + offset, gradient.Columns, tile.Rows, tile.Columns) : 0,
            };
        }

        private AlignmentSums Factored(int sample, Scratch scratch)
        {
            ref readonly CaptureView use = ref gradient[0];
            float* a = use.ActivationOf(sample), g = use.BackpropOf(sample);
            return new AlignmentSums
            {
                WeightNorm = formula == NormFormula.RankOne
                    ? Reductions.Dot(a, a, use.Columns) * Reductions.Dot(g, g, use.Rows)
                    : GhostNorm.Sum(use, sample, scratch),
                WeightDot = _wantsWeightDot ? Reductions.Dot(g, use.Output + ((long)sample * use.BackpropSize), use.BackpropSize) : 0,
            };
        }

        /// <summary>The gradient of the bias, s = sum_t g_t: its norm, its dot, and what the output's bias has added to the dot of the weight.</summary>
        private void AddBias(int sample, Scratch scratch, ref AlignmentSums sum)
        {
            ref readonly CaptureView use = ref gradient[0];
            int channels = use.Layout.Channels;
            float* s = use.BackpropOf(sample);
            if (use.BackpropSize != channels)
            {
                s = _biasGradients == null ? scratch.Floats(ScratchSlot.Gradient, channels) : _biasGradients + ((long)sample * channels);
                GradientTile.Add(use, ParameterRole.Bias, sample, new Tile(0, 0, channels, 1), 0, s, 1, scratch);
            }
            else if (_biasGradients != null)
            {
                new ReadOnlySpan<float>(s, channels).CopyTo(new Span<float>(_biasGradients + ((long)sample * channels), channels));
            }

            sum.BiasNorm = Reductions.Dot(s, s, channels);
            sum.BiasDot = bias == null ? 0 : Reductions.Dot(s, bias, channels);
            if (_wantsWeightDot && formula != NormFormula.Direct)
            {
                sum.WeightDot -= sum.BiasDot;
            }
        }
    }
}
