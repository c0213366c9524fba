using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLossKernels
{
    public void HeadScores(Tensor logits, IndexTensor labels, Tensor? headInput, Tensor? bias, float weightNorm, ScoreMode mode, Tensor result)
    {
        Simd.RunWidest(new HeadLoop(device, new HeadProblem
        {
            Batch = (int)labels.Count,
            Classes = logits.Shape[-1],
            Width = headInput is null ? 0 : headInput.Shape[-1],
            WeightNorm = weightNorm,
            Reference = mode == ScoreMode.Reference,
            Logits = HostMemory.Of(logits),
            Labels = HostMemory.Of(labels),
            HeadInput = HostMemory.Of(headInput),
            Bias = HostMemory.Of(bias),
            Result = HostMemory.Of(result),
        }));
    }

    private readonly struct HeadLoop(CpuDevice device, HeadProblem head) : ILanesBody
    {
        public void Run<TLanes>()
            where TLanes : struct, ILanes<TLanes>
        {
            var body = new HeadBody<TLanes> { Head = head };
            RangeLoop.Run(
                device.Pool, Parallelism.Chunks(head.Batch, TLanes.Count), TLanes.Count * Parallelism.Elements(head.Classes + head.Width), ref body);
        }
    }

    private struct HeadProblem
    {
        public int Batch, Classes, Width;
        public float WeightNorm;
        public bool Reference;
        public float* Logits, HeadInput, Bias, Result;
        public int* Labels;
    }

    /// <summary>As many samples at a time as a register has lanes: sums over the classes, then the scores of all of them side by side.</summary>
    private struct HeadBody<TLanes> : IRangeBody
        where TLanes : struct, ILanes<TLanes>
    {
        public HeadProblem Head;

        [SkipLocalsInit]
        public readonly void Run(int first, int end, int worker)
        {
            bool fewClasses = Head.Classes <= HeadPanel<TLanes>.MaxClasses;
            float* buffer = stackalloc float[(HeadSums<TLanes>.Count + 5 + (fewClasses ? Head.Classes : 0)) * TLanes.Count];
            buffer += TLanes.Count - (((nint)buffer / sizeof(float)) % TLanes.Count);
            float* own = buffer, ownOutput = own + TLanes.Count, label = ownOutput + TLanes.Count, norm = label + TLanes.Count, sums = norm + TLanes.Count, panel = sums + (HeadSums<TLanes>.Count * TLanes.Count);
            for (int block = first; block < end; block++)
            {
                int row = block * TLanes.Count, rows = Math.Min(TLanes.Count, Head.Batch - row);
                for (int i = 0; i < TLanes.Count; i++)
                {
                    // Lanes beyond the last sample repeat it.
                    int sample = row + Math.Min(i, rows - 1), y = Head.Labels[sample];
                    label[i] = y;
                    own[i] = Logits(sample)[y];
                    ownOutput[i] = own[i] - (Head.Bias == null ? 0 : Head.Bias[y]);
                    norm[i] = Head.HeadInput == null ? 0 : Norm(Head.HeadInput + ((nint)sample * Head.Width));
                    if (!fewClasses)
                    {
                        HeadRow<TLanes>.Add(Logits(sample), Head.Classes, y, Head.Bias, sums + i);
                    }
                }

                if (fewClasses)
                {
                    HeadPanel<TLanes>.Add(Logits(row), rows, Head.Classes, Head.Labels + row, Head.Bias, panel, sums);
                }

                for (int i = 0; Head.Bias != null && i < TLanes.Count; i++)
                {
                    HeadSums<TLanes>.AddBiasOfMax(sums + i, Head.Bias);
                }

                Finish(row, rows, new HeadSums<TLanes>(sums), TLanes.Load(own), TLanes.Load(ownOutput), TLanes.Load(label), TLanes.Load(norm), buffer);
            }
        }

        private readonly float* Logits(int sample) => Head.Logits + ((nint)sample * Head.Classes);

        private readonly float Norm(float* z)
        {
            for (int k = 0; k < Head.Width; k += 64 / sizeof(float))
            {
                HostMemory.PrefetchAhead(z + k);
            }

            return (float)Math.Sqrt(Reduction.Sum(0, Head.Width, new SquaredDeviation(z)));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Finish(
            int row, int rows, in HeadSums<TLanes> wrong, TLanes logit, TLanes output, TLanes label, TLanes inputNorm, float* buffer)
        {
            TLanes zero = TLanes.Broadcast(0), one = TLanes.Broadcast(1), nan = TLanes.Broadcast(float.NaN);
            TLanes margin = logit - wrong.Max;

            // What rounding took from the margin, so that a confident sample's e^-margin keeps its relative accuracy.
            TLanes back = margin - logit, lost = logit - (margin - back) - (wrong.Max + back);
            lost = TLanes.WhereLess(TLanes.Abs(margin), TLanes.Broadcast(128), lost, zero);

            // Probabilities as own / total and share q_c / total, both scaled so that neither exponential overflows.
            TLanes smaller = RealMath.Exp(zero - TLanes.Abs(margin));
            TLanes own = TLanes.WhereLess(zero, margin, one, TLanes.MultiplyAdd(smaller, lost, smaller));
            TLanes share = TLanes.WhereLess(zero, margin, smaller - (smaller * lost), one);
            own = TLanes.WhereLessOrEqual(margin, margin, own, nan);
            TLanes rest = share * wrong.Total, total = own + rest;
            TLanes logarithm = RealMath.LogOnePlus(TLanes.WhereLess(zero, margin, rest, wrong.Others + own));
            TLanes loss = logarithm + TLanes.Max(zero - margin, zero);

            TLanes norm = wrong.Norm, error = share * norm / total, scale = inputNorm * norm * TLanes.Broadcast(Head.WeightNorm);
            TLanes wrongDot = wrong.Dot(output);
            TLanes alignment = TLanes.WhereLessOrEqual(TLanes.Abs(scale), zero, zero * wrongDot, (zero - wrongDot) / scale);
            if (Head.Reference)
            {
                error = RoundedError(row, rows, TLanes.Max(logit, wrong.Max), total, buffer, out TLanes dot);
                alignment = (zero - dot) / TLanes.MultiplyAdd(inputNorm * error, TLanes.Broadcast(Head.WeightNorm), TLanes.Broadcast(1e-12f));
            }

            TLanes tail = TLanes.WhereLess(zero, rest, rest * (logarithm + TLanes.Max(margin, zero)), zero);
            TLanes prediction = TLanes.WhereLess(wrong.Max, logit, label, wrong.MaxClass);
            prediction = TLanes.WhereLess(logit, wrong.Max, prediction, TLanes.Min(label, prediction));

            Store(HeadQuantity.Loss, row, rows, loss, buffer);
            Store(HeadQuantity.El2n, row, rows, error, buffer);
            Store(HeadQuantity.InputNorm, row, rows, inputNorm, buffer);
            Store(HeadQuantity.Gwa, row, rows, Head.HeadInput == null ? nan : alignment, buffer);
            Store(HeadQuantity.Margin, row, rows, TLanes.WhereLessOrEqual(total, total, margin, nan), buffer);
            Store(HeadQuantity.Entropy, row, rows, (TLanes.MultiplyAdd(own, loss, tail) + (share * wrong.Gap)) / total, buffer);
            Store(HeadQuantity.Confidence, row, rows, own / total, buffer);
            Store(HeadQuantity.Prediction, row, rows, TLanes.WhereLessOrEqual(total, total, prediction, nan), buffer);
        }

        private readonly void Store(HeadQuantity quantity, int row, int rows, TLanes values, float* buffer)
        {
            float* destination = Head.Result + ((nint)quantity * Head.Batch) + row;
            if (rows == TLanes.Count)
            {
                values.Store(destination);
                return;
            }

            values.Store(buffer);
            GemmPacking.CopyRun(rows, buffer, destination);
        }

        /// <summary>||p - y|| and (p - y).(s - b) of a float32 softmax.</summary>
        /// <param name="buffer">[4, lanes].</param>
        private readonly TLanes RoundedError(int row, int rows, TLanes max, TLanes total, float* buffer, out TLanes dot)
        {
            float* totals = buffer + TLanes.Count, squares = totals + TLanes.Count, dots = squares + TLanes.Count;
            max.Store(buffer);
            total.Store(totals);
            for (int i = 0; i < TLanes.Count; i++)
            {
                int sample = row + Math.Min(i, rows - 1);
                squares[i] = HeadRow<TLanes>.RoundedError(Logits(sample), Head.Classes, Head.Labels[sample], buffer[i], totals[i], Head.Bias, out dots[i]);
            }

            dot = TLanes.Load(dots);
            return TLanes.Sqrt(TLanes.Load(squares));
        }
    }
}
