namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>Norms of a table's gradient from the rows that occur: T d work per sample, whatever the size of the table.</summary>
    private void LookupNorms(in ParameterGradient gradient, NormFormula formula, double* totals)
    {
        var body = new LookupNormsBody(device, gradient, SortLookups(gradient, ScratchSlot.Left), formula, totals);
        RangeLoop.Run(device.Pool, gradient.Batch, 2.0 * LookupRuns.Stride(gradient) * gradient.Columns, ref body);
    }

    private readonly struct LookupNormsBody(CpuDevice device, ParameterGradient gradient, long* keys, NormFormula formula, double* totals) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            float* sum = device.Scratch(worker).Floats(ScratchSlot.Gradient, gradient.Columns);
            for (int i = first; i < end; i++)
            {
                var runs = new LookupRuns(gradient, i, keys);
                double total = 0;
                for (int run = 0, next; run < runs.Count; run = next)
                {
                    next = runs.RunEnd(run);
                    total += formula == NormFormula.Gram ? Pairs(runs, run, next) : Row(runs, run, next, sum);
                }

                totals[i] += total;
            }
        }

        /// <summary>Squared norm of the sum of the backprops in a run.</summary>
        private double Row(in LookupRuns runs, int first, int end, float* sum)
        {
            runs.Sum(first, end, 0, gradient.Columns, sum);
            return Reductions.Dot(sum, sum, gradient.Columns);
        }

        /// <summary>Sum of g_t.g_s over all pairs in a run.</summary>
        private double Pairs(in LookupRuns runs, int first, int end)
        {
            double total = 0;
            for (int t = first; t < end; t++)
            {
                float* row = runs.Backprop(t);
                total += Reductions.Dot(row, row, gradient.Columns);
                for (int s = first; s < t; s++)
                {
                    total += 2 * Reductions.Dot(row, runs.Backprop(s), gradient.Columns);
                }
            }

            return total;
        }
    }
}
