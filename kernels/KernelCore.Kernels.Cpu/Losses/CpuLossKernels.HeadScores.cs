using System.Runtime.CompilerServices;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLossKernels
{
    public void HeadScores(Tensor logits, IndexTensor labels, Tensor? headInput, Tensor? bias, float weightNorm, ScoreMode mode, Tensor result)
    {
        var body = new HeadBody
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
        };
        RangeLoop.Run(device.Pool, body.Batch, Parallelism.Elements(body.Classes + body.Width), ref body);
    }

    private struct HeadBody : IRangeBody
    {
        /// <summary>Classes whose exponentials are held on the stack at a time.</summary>
        private const int Chunk = 256;

        public int Batch, Classes, Width;
        public float WeightNorm;
        public bool Reference;
        public float* Logits, HeadInput, Bias, Result;
        public int* Labels;

        public readonly void Run(int first, int end, int worker)
        {
            for (int row = first; row < end; row++)
            {
                float* logits = Logits + ((nint)row * Classes);
                int label = Labels[row];
                WrongClasses wrong = WrongClasses.Sum(logits, Bias, Classes, label);

                // Probabilities as own / total and share q_c / total, both scaled so that neither exponential overflows.
                double margin = (double)logits[label] - wrong.Max;
                double own = margin > 0 ? 1 : Math.Exp(margin), share = margin > 0 ? Math.Exp(-margin) : 1;
                double rest = share * wrong.Total, total = own + rest;
                double loss = margin > 0 ? Elementary.LogOnePlus(rest) : Math.Log(total) - margin;
                double tail = rest > 0 ? rest * (loss + margin) : 0;

                double norm = HeadInput == null ? 0 : Math.Sqrt(Reduction.Sum((nint)row * Width, Width, new Product(HeadInput, HeadInput)));
                double error = share * wrong.Norm / total, alignment;
                if (Reference)
                {
                    error = RoundedError(logits, label, Math.Max(logits[label], wrong.Max), out double dot);
                    alignment = -dot / ((norm * error * WeightNorm) + 1e-12);
                }
                else
                {
                    double scale = norm * wrong.Norm * WeightNorm;
                    alignment = scale == 0 ? 0 * wrong.Dot : -wrong.Dot / scale;
                }

                this[HeadQuantity.Loss, row] = loss;
                this[HeadQuantity.El2n, row] = error;
                this[HeadQuantity.InputNorm, row] = norm;
                this[HeadQuantity.Gwa, row] = HeadInput == null ? double.NaN : alignment;
                this[HeadQuantity.Margin, row] = double.IsNaN(total) ? double.NaN : margin;
                this[HeadQuantity.Entropy, row] = ((own * loss) + tail + (share * wrong.Gap)) / total;
                this[HeadQuantity.Confidence, row] = own / total;
                this[HeadQuantity.Prediction, row] = double.IsNaN(total) ? double.NaN : Prediction(logits, label, wrong.Max);
            }
        }

        private readonly double this[HeadQuantity quantity, int row]
        {
            set => Result[((nint)quantity * Batch) + row] = (float)value;
        }

        private readonly int Prediction(float* logits, int label, float wrongMax)
        {
            if (logits[label] > wrongMax)
            {
                return label;
            }

            int first = 0;
            while (logits[first] != wrongMax)
            {
                first++;
            }

            return first;
        }

        /// <summary>||p - y|| with p, its normaliser and the difference rounded to float32, as a float32 softmax has them; also (p - y).(s - b).</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly double RoundedError(float* logits, int label, float max, out double dot)
        {
            float* exponentials = stackalloc float[Chunk];
            double total = 0;
            for (int start = 0; start < Classes; start += Chunk)
            {
                int count = Math.Min(Chunk, Classes - start);
                RowMath.Exp(logits + start, max, exponentials, count);
                total += Reduction.Sum(0, count, new Value(exponentials));
            }

            double squares = 0, sum = 0;
            float normaliser = (float)total;
            for (int start = 0; start < Classes; start += Chunk)
            {
                int count = Math.Min(Chunk, Classes - start);
                RowMath.Exp(logits + start, max, exponentials, count);
                for (int j = 0; j < count; j++)
                {
                    int c = start + j;
                    float probability = exponentials[j] / normaliser;
                    float error = c == label ? probability - 1 : probability;
                    squares += (double)error * error;
                    sum += error * ((double)logits[c] - (Bias == null ? 0 : Bias[c]));
                }
            }

            dot = sum;
            return Math.Sqrt(squares);
        }
    }
}
