namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// A use has no output, or is a broadcast: x + w is not linear in w alone, so its output does not give the dot.
    /// </exception>
    public void OutputDots(ReadOnlySpan<LayerCapture> uses, Tensor result)
    {
        CaptureGuard.RequireOutputs(uses);
        ParameterGradient gradient = View(uses, ParameterRole.Weight, ref _left);
        double* totals = Totals(gradient.Batch);
        for (int u = 0; u < uses.Length; u++)
        {
            var body = new OutputDotsBody(gradient, u, HostMemory.Of(uses[u].Bias), totals);
            RangeLoop.Run(device.Pool, gradient.Batch, Parallelism.Elements(gradient[u].BackpropSize), ref body);
        }

        Store(totals, gradient.Batch, result);
    }

    /// <summary>totals[i] += sum over positions and channels of g (z - b).</summary>
    private readonly struct OutputDotsBody(ParameterGradient gradient, int index, float* bias, double* totals) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            ref readonly CaptureView use = ref gradient[index];
            for (int i = first; i < end; i++)
            {
                float* g = use.BackpropOf(i), z = use.Output + ((long)i * use.BackpropSize);
                double total = use.Kind == CaptureKind.Lookup ? Lookup(use, i, g, z) : Reductions.Dot(g, z, use.BackpropSize);
                totals[i] += bias == null ? total : total - BiasDot(use.Layout, g);
            }
        }

        private static double Lookup(in CaptureView use, int sample, float* g, float* z)
        {
            double total = 0;
            int* indices = use.IndicesOf(sample);
            for (int t = 0; t < use.Positions; t++)
            {
                if (indices[t] != use.PaddingIndex)
                {
                    total += Reductions.Dot(g + ((long)t * use.Columns), z + ((long)t * use.Columns), use.Columns);
                }
            }

            return total;
        }

        private double BiasDot(in ChannelLayout layout, float* g)
        {
            double total = 0;
            for (int o = 0; o < layout.Outer; o++)
            {
                float* block = g + ((long)o * layout.Channels * layout.Inner);
                if (layout.Inner == 1)
                {
                    total += Reductions.Dot(block, bias, layout.Channels);
                    continue;
                }

                for (int c = 0; c < layout.Channels; c++)
                {
                    total += bias[c] * Reductions.Sum(block + ((long)c * layout.Inner), layout.Inner);
                }
            }

            return total;
        }
    }
}
