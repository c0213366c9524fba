using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLossKernels
{
    public void HeadScores(Tensor logits, IndexTensor labels, Tensor? headInput, Tensor? bias, float weightNorm, ScoreMode mode, Tensor result) =>
        device.ForEachRow(KernelShapes.HeadScores(labels.Count, logits.Shape[-1], headInput?.Shape[-1] ?? 0), new Head
        {
            Logits = DeviceMemory.Of(logits), Labels = DeviceMemory.Of(labels), HeadInput = DeviceMemory.Of(headInput), Bias = DeviceMemory.Of(bias),
            Result = DeviceMemory.Of(result), Batch = (int)labels.Count, Rows = new RowLayout(logits.Shape[-1], DeviceMemory.AreAligned(logits, bias)),
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

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            int label = Labels[row];
            float labelLogit = Logits[Rows.Start(row) + label];
            WrongClasses wrong = WrongClasses.Sum<TWarp>(Logits, Bias, Rows, row, label);

            // Probabilities as own / total and share q_c / total, both scaled so that neither exponential overflows.
            double margin = (double)labelLogit - wrong.Max;
            double own = margin > 0 ? 1 : DoubleMath.Exp(margin), share = margin > 0 ? DoubleMath.Exp(-margin) : 1;
            double rest = share * wrong.Total, total = own + rest;
            double loss = margin > 0 ? DoubleMath.LogOnePlus(rest) : DoubleMath.Log(total) - margin;
            double tail = rest > 0 ? rest * (loss + margin) : 0;

            double norm = InputNorm<TWarp>(row), error = share * wrong.Norm / total, scale = norm * wrong.Norm * WeightNorm;
            double alignment = scale == 0 ? 0 * wrong.Dot : -wrong.Dot / scale;
            if (Reference != 0)
            {
                error = RoundedError<TWarp>(row, label, Comparison.Larger(labelLogit, wrong.Max), out double dot);
                alignment = -dot / ((norm * error * WeightNorm) + 1e-12);
            }

            int prediction = new LogitRow(Logits, Rows, row).IndexOf<TWarp>(Comparison.Larger(labelLogit, wrong.Max));
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

        private readonly double InputNorm<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            double sum = 0;
            for (RowWalk at = InputRows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Real4 z = at.Load(HeadInput);
                sum += z.Dot(z);
            }

            return Math.Sqrt(TWarp.Sum(sum));
        }

        /// <summary>||p - y|| with p, its normaliser and the difference rounded to float32, as a float32 softmax has them; also (p - y).(s - b).</summary>
        private readonly double RoundedError<TWarp>(int row, int label, float max, out double dot)
            where TWarp : struct, IWarp
        {
            double total = 0;
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                total += RealMath.Exp(at.Load(Logits, float.NegativeInfinity) - Real4.Broadcast(max)).Sum();
            }

            Real4 normaliser = Real4.Broadcast((float)TWarp.Sum(total));
            double squares = 0, sum = 0;
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Real4 logit = at.Load(Logits), bias = Bias.Length == 0 ? Real4.Broadcast(0) : at.LoadShared(Bias);
                Real4 oneHot = at.With(Real4.Broadcast(0), label, 1), probability = RealMath.Exp(logit - Real4.Broadcast(max)) / normaliser;
                Double4 error = at.Inside(probability - oneHot);
                squares += error.Dot(error);
                sum += error.Dot(logit - (Double4)bias);
            }

            dot = TWarp.Sum(sum);
            return Math.Sqrt(TWarp.Sum(squares));
        }
    }
}
