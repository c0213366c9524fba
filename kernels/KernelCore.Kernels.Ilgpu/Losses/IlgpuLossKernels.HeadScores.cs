using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLossKernels
{
    public void HeadScores(Tensor logits, IndexTensor labels, Tensor? headInput, Tensor? bias, float weightNorm, ScoreMode mode, Tensor result) =>
        device.ForEachRow(KernelShapes.HeadScores(labels.Count, logits.Shape[-1], headInput?.Shape[-1] ?? 0), new Head
        {
            Logits = DeviceMemory.Of(logits), Labels = DeviceMemory.Of(labels), HeadInput = DeviceMemory.Of(headInput), Bias = DeviceMemory.Of(bias),
            Result = DeviceMemory.Of(result), Batch = (int)labels.Count, Rows = new RowLayout(logits.Shape[-1], DeviceMemory.AreAligned(logits, bias), shares: bias is not null),
            InputRows = new RowLayout(headInput?.Shape[-1] ?? 0, DeviceMemory.AreAligned(headInput)), HasInput = headInput is null ? 0 : 1,
            WeightNorm = weightNorm, Reference = mode == ScoreMode.Reference ? 1 : 0,
        });

    /// <summary>All quantities of one sample in one pass over its logits, in double.</summary>
    internal struct Head : IRow
    {
        public ArrayView<float> Logits, HeadInput, Bias, Result;
        public ArrayView<int> Labels;
        public RowLayout Rows, InputRows;
        public int Batch, HasInput, Reference;
        public float WeightNorm;

        /// <summary>Not where most of the time goes: the second pass looks for the prediction alone.</summary>
        public static bool ReadsAgain => false;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            RowWalk<TWarp> walk = Rows.Row<TWarp>(row);
            int label = Labels[row];
            float labelLogit = Logits[Rows.Start(row) + label];
            WrongClasses wrong = WrongClasses.Sum(walk, Logits, Bias, labelLogit, label);

            // Probabilities as own / total and share q_c / total, both scaled so that neither exponential overflows.
            double margin = (double)labelLogit - wrong.Max;
            double own = margin > 0 ? 1 : DoubleMath.Exp(margin), share = margin > 0 ? DoubleMath.Exp(-margin) : 1;
            double rest = share * wrong.Total, total = own + rest;
            double loss = margin > 0 ? DoubleMath.LogOnePlus(rest) : DoubleMath.Log(total) - margin;
            double tail = rest > 0 ? rest * (loss + margin) : 0;

            double norm = Math.Sqrt(TWarp.Sum(InputRows.Row<TWarp>(row).Sum(new SquareSum { X = HeadInput }).Total)), error = share * wrong.Norm / total, scale = norm * wrong.Norm * WeightNorm;
            double alignment = scale == 0 ? 0 * wrong.Dot : -wrong.Dot / scale;
            if (Reference != 0)
            {
                error = RoundedError(walk, label, Comparison.Larger(labelLogit, wrong.Max), out double dot);
                alignment = -dot / ((norm * error * WeightNorm) + 1e-12);
            }

            int prediction = LogitRow.IndexOf(walk, Logits, Comparison.Larger(labelLogit, wrong.Max));
            if (TWarp.Lane == 0)
            {
                // The largest logit is the label's own when the margin is positive.
                bool undefined = double.IsNaN(total);
                Write(HeadQuantity.Loss, row, loss);
                Write(HeadQuantity.El2n, row, error);
                Write(HeadQuantity.InputNorm, row, norm);
                Write(HeadQuantity.Gwa, row, HasInput == 0 ? double.NaN : alignment);
                Write(HeadQuantity.Margin, row, undefined ? double.NaN : margin);
                Write(HeadQuantity.Entropy, row, ((own * loss) + tail + (share * wrong.Gap)) / total);
                Write(HeadQuantity.Confidence, row, own / total);
                Write(HeadQuantity.Prediction, row, undefined ? double.NaN : prediction);
            }
        }

        private readonly void Write(HeadQuantity quantity, int row, double value) => Result[((int)quantity * Batch) + row] = (float)value;

        /// <summary>||p - y|| with p, its normaliser and the difference rounded to float32, as a float32 softmax has them; also (p - y).(s - b).</summary>
        private readonly double RoundedError<TWarp>(RowWalk<TWarp> walk, int label, float max, out double dot)
            where TWarp : struct, IWarp
        {
            double total = TWarp.Sum(walk.Sum(new Normaliser { Logits = Logits, Max = max }).Total);
            RoundedErrors errors = walk.Sum(new RoundedErrors { Logits = Logits, Bias = Bias, Max = max, Normaliser = (float)total, Label = label });
            dot = TWarp.Sum(errors.Dot);
            return Math.Sqrt(TWarp.Sum(errors.Squares));
        }
    }

    private struct Normaliser : IRowSum
    {
        public ArrayView<float> Logits;
        public float Max;
        public double Total;

        public static int Ahead => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(Logits, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(int column, Operands<float> x) => Total += LogitRow.Exp(x.A, Max);
    }

    private struct RoundedErrors : IRowSum
    {
        public ArrayView<float> Logits, Bias;
        public float Max, Normaliser;
        public int Label;
        public double Squares, Dot;

        public static int Ahead => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(Logits, at), Bias.Length == 0 ? TWord.Broadcast(0) : TWord.Load(Bias, column));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(int column, Operands<float> x)
        {
            float probability = LogitRow.Exp(x.A, Max) / Normaliser;
            double error = probability - (column == Label ? 1f : 0f);
            Squares += error * error;
            Dot += error * ((double)x.A - x.B);
        }
    }
}
