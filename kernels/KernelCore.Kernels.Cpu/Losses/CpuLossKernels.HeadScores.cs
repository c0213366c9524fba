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

    /// <summary>As many samples at a time as a register has lanes; their logits are transposed into panels that stay in the first-level cache.</summary>
    private struct HeadBody<TLanes> : IRangeBody
        where TLanes : struct, ILanes<TLanes>
    {
        /// <summary>Classes in a panel.</summary>
        private const int PanelClasses = 64;

        public HeadProblem Head;

        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int first, int end, int worker)
        {
            float* panel = stackalloc float[(PanelClasses + 1) * TLanes.Count], own = stackalloc float[TLanes.Count], ownOutput = stackalloc float[TLanes.Count];
            panel += TLanes.Count - (((nint)panel / sizeof(float)) % TLanes.Count);
            float* label = stackalloc float[TLanes.Count], norm = stackalloc float[TLanes.Count];
            for (int block = first; block < end; block++)
            {
                int row = block * TLanes.Count, rows = Math.Min(TLanes.Count, Head.Batch - row);
                for (int i = 0; i < TLanes.Count; i++)
                {
                    // Lanes beyond the last sample repeat it.
                    nint sample = row + Math.Min(i, rows - 1);
                    int y = Head.Labels[sample];
                    label[i] = y;
                    own[i] = Head.Logits[(sample * Head.Classes) + y];
                    ownOutput[i] = own[i] - (Head.Bias == null ? 0 : Head.Bias[y]);
                    norm[i] = Head.HeadInput == null
                        ? 0 : (float)Math.Sqrt(Reduction.Sum(sample * Head.Width, Head.Width, new Product(Head.HeadInput, Head.HeadInput)));
                }

                var wrong = new HeadRows<TLanes>();
                for (int c = 0; c < Head.Classes; c += PanelClasses)
                {
                    int count = Math.Min(PanelClasses, Head.Classes - c);
                    Pack(row, rows, c, count, panel);
                    for (int i = 0; i < rows; i++)
                    {
                        uint y = (uint)(Head.Labels[row + i] - c);
                        if (y < (uint)count)
                        {
                            panel[((int)y * TLanes.Count) + i] = float.NegativeInfinity;
                        }
                    }

                    wrong.Add(c, count, panel, Head.Bias == null ? null : Head.Bias + c);
                }

                Finish(row, rows, wrong, TLanes.Load(own), TLanes.Load(ownOutput), TLanes.Load(label), TLanes.Load(norm), panel);
            }
        }

        private readonly void Pack(int row, int rows, int firstClass, int count, float* panel) => GemmPacking.Pack(
            TLanes.Count, rows, count, Head.Logits + ((nint)row * Head.Classes) + firstClass, Head.Classes, 1, panel);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Finish(
            int row, int rows, in HeadRows<TLanes> wrong, TLanes logit, TLanes output, TLanes label, TLanes inputNorm, float* panel)
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
                error = RoundedError(row, rows, label, TLanes.Max(logit, wrong.Max), total, panel, out TLanes dot);
                alignment = (zero - dot) / TLanes.MultiplyAdd(inputNorm * error, TLanes.Broadcast(Head.WeightNorm), TLanes.Broadcast(1e-12f));
            }

            TLanes tail = TLanes.WhereLess(zero, rest, rest * (logarithm + TLanes.Max(margin, zero)), zero);
            TLanes prediction = TLanes.WhereLess(wrong.Max, logit, label, wrong.MaxClass);
            prediction = TLanes.WhereLess(logit, wrong.Max, prediction, TLanes.Min(label, prediction));

            Store(HeadQuantity.Loss, row, rows, loss, panel);
            Store(HeadQuantity.El2n, row, rows, error, panel);
            Store(HeadQuantity.InputNorm, row, rows, inputNorm, panel);
            Store(HeadQuantity.Gwa, row, rows, Head.HeadInput == null ? nan : alignment, panel);
            Store(HeadQuantity.Margin, row, rows, TLanes.WhereLessOrEqual(total, total, margin, nan), panel);
            Store(HeadQuantity.Entropy, row, rows, (TLanes.MultiplyAdd(own, loss, tail) + (share * wrong.Gap)) / total, panel);
            Store(HeadQuantity.Confidence, row, rows, own / total, panel);
            Store(HeadQuantity.Prediction, row, rows, TLanes.WhereLessOrEqual(total, total, prediction, nan), panel);
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

        /// <summary>||p - y|| with p and the difference rounded to float32, as a float32 softmax has them; also (p - y).(s - b).</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly TLanes RoundedError(int row, int rows, TLanes label, TLanes max, TLanes total, float* panel, out TLanes dot)
        {
            TLanes zero = TLanes.Broadcast(0), squares = zero;
            dot = zero;
            for (int c = 0; c < Head.Classes; c += PanelClasses)
            {
                int count = Math.Min(PanelClasses, Head.Classes - c);
                Pack(row, rows, c, count, panel);
                for (int k = 0; k < count; k++)
                {
                    TLanes logit = TLanes.Load(panel + (k * TLanes.Count)), probability = RealMath.Exp(logit - max) / total;
                    TLanes isLabel = TLanes.WhereLess(TLanes.Abs(label - TLanes.Broadcast(c + k)), TLanes.Broadcast(0.5f), TLanes.Broadcast(1), zero);
                    TLanes error = probability - isLabel, output = Head.Bias == null ? logit : logit - TLanes.Broadcast(Head.Bias[c + k]);
                    squares = TLanes.MultiplyAdd(error, error, squares);
                    dot += TLanes.WhereLess(zero, TLanes.Abs(error), error * output, zero);
                }
            }

            return TLanes.Sqrt(squares);
        }
    }
}
