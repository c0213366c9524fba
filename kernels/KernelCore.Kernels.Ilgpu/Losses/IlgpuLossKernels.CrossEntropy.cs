using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLossKernels
{
    public void CrossEntropy(Tensor logits, IndexTensor labels, float scale, Tensor loss, Tensor cotangent) => device.ForEachRow(KernelShapes.CrossEntropy(labels.Count, logits.Shape[-1]), new HardLabels
    {
        Logits = DeviceMemory.Of(logits), Labels = DeviceMemory.Of(labels), Loss = DeviceMemory.Of(loss), Cotangent = DeviceMemory.Of(cotangent),
        Rows = new RowLayout(logits.Shape[-1], DeviceMemory.AreAligned(logits, cotangent)), Scale = scale,
    });

    public void CrossEntropy(Tensor logits, Tensor targets, float scale, Tensor loss, Tensor cotangent) => device.ForEachRow(KernelShapes.SoftCrossEntropy(loss.Count, logits.Shape[-1]), new SoftLabels
    {
        Logits = DeviceMemory.Of(logits), Targets = DeviceMemory.Of(targets), Loss = DeviceMemory.Of(loss), Cotangent = DeviceMemory.Of(cotangent),
        Rows = new RowLayout(logits.Shape[-1], DeviceMemory.AreAligned(logits, targets, cotangent)), Scale = scale,
    });

    /// <summary>
    /// Sums the wrong classes apart from the label: the label's cotangent is minus their sum instead of p - 1, and a
    /// loss near 0 is log1p of it, so neither cancels however confident the model is.
    /// </summary>
    internal struct HardLabels : IRow
    {
        public ArrayView<float> Logits, Loss, Cotangent;
        public ArrayView<int> Labels;
        public RowLayout Rows;
        public float Scale;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            int label = Labels[row];
            float labelLogit = Logits[Rows.Start(row) + label], max = new LogitRow(Logits, Rows, row).MaxWithout<TWarp>(-1);
            double others = 0;
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Real4 e = RealMath.Exp(at.Load(Logits, float.NegativeInfinity) - Real4.Broadcast(max));
                at.Store(Cotangent, e);
                others += at.With(e, label, 0).Sum();
            }

            others = TWarp.Sum(others);
            double own = RealMath.Exp(new Real(labelLogit - max)).Value, total = own + others;
            float factor = (float)(Scale / total), labelCotangent = (float)(-Scale * others / total);
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                at.Store(Cotangent, at.With(at.Load(Cotangent) * Real4.Broadcast(factor), label, labelCotangent));
            }

            if (TWarp.Lane == 0)
            {
                Loss[row] = (float)(labelLogit == max ? DoubleMath.LogOnePlus(others) : DoubleMath.Log(total) + ((double)max - labelLogit));
            }
        }
    }

    internal struct SoftLabels : IRow
    {
        public ArrayView<float> Logits, Targets, Loss, Cotangent;
        public RowLayout Rows;
        public float Scale;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            float max = new LogitRow(Logits, Rows, row).MaxWithout<TWarp>(-1);
            double total = 0, mass = 0;
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Real4 e = RealMath.Exp(at.Load(Logits, float.NegativeInfinity) - Real4.Broadcast(max));
                at.Store(Cotangent, e);
                total += e.Sum();
                mass += at.Load(Targets).Sum();
            }

            total = TWarp.Sum(total);
            mass = TWarp.Sum(mass);
            double logTotal = max + DoubleMath.Log(total), loss = 0;
            Real4 factor = Real4.Broadcast((float)(Scale * mass / total));
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Real4 logit = at.Load(Logits), target = at.Load(Targets);
                loss += Share(target.X, logTotal - logit.X) + Share(target.Y, logTotal - logit.Y) + Share(target.Z, logTotal - logit.Z) + Share(target.W, logTotal - logit.W);
                at.Store(Cotangent, (at.Load(Cotangent) * factor) - (Real4.Broadcast(Scale) * target));
            }

            loss = TWarp.Sum(loss);
            if (TWarp.Lane == 0)
            {
                Loss[row] = (float)loss;
            }
        }

        /// <summary>A target of 0 leaves its class out, even one with a logit of minus infinity.</summary>
        private static double Share(float target, double surprise) => target == 0 & !double.IsNaN(surprise) ? 0 : target * surprise;
    }
}
