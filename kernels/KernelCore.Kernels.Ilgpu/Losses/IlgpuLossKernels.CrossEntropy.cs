using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLossKernels
{
    public void CrossEntropy(Tensor logits, IndexTensor labels, float scale, Tensor loss, Tensor cotangent) => device.ForEachRow(KernelShapes.CrossEntropy(labels.Count, logits.Shape[-1]), new HardLabels
    {
        Logits = DeviceMemory.Of(logits), Labels = DeviceMemory.Of(labels), Loss = DeviceMemory.Of(loss), Cotangent = DeviceMemory.Of(cotangent),
        Classes = logits.Shape[-1], Scale = scale,
    });

    public void CrossEntropy(Tensor logits, Tensor targets, float scale, Tensor loss, Tensor cotangent) => device.ForEachRow(KernelShapes.SoftCrossEntropy(loss.Count, logits.Shape[-1]), new SoftLabels
    {
        Logits = DeviceMemory.Of(logits), Targets = DeviceMemory.Of(targets), Loss = DeviceMemory.Of(loss), Cotangent = DeviceMemory.Of(cotangent),
        Classes = logits.Shape[-1], Scale = scale,
    });

    /// <summary>
    /// Sums the wrong classes apart from the label: the label's cotangent is minus their sum instead of p - 1, and a
    /// loss near 0 is log1p of it, so neither cancels however confident the model is.
    /// </summary>
    internal struct HardLabels : IRow
    {
        public ArrayView<float> Logits, Loss, Cotangent;
        public ArrayView<int> Labels;
        public int Classes;
        public float Scale;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            int start = row * Classes, label = Labels[row];
            float labelLogit = Logits[start + label], max = new LogitRow(Logits, start, Classes).MaxWithout<TWarp>(-1);
            double others = 0;
            for (int c = TWarp.Lane; c < Classes; c += TWarp.Width)
            {
                float e = RealMath.Exp(new Real(Logits[start + c] - max)).Value;
                Cotangent[start + c] = e;
                others += c == label ? 0 : e;
            }

            others = TWarp.Sum(others);
            double own = RealMath.Exp(new Real(labelLogit - max)).Value, total = own + others;
            for (int c = TWarp.Lane; c < Classes; c += TWarp.Width)
            {
                Cotangent[start + c] = c == label ? (float)(-Scale * others / total) : Cotangent[start + c] * (float)(Scale / total);
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
        public int Classes;
        public float Scale;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            int start = row * Classes;
            float max = new LogitRow(Logits, start, Classes).MaxWithout<TWarp>(-1);
            double total = 0, mass = 0;
            for (int c = TWarp.Lane; c < Classes; c += TWarp.Width)
            {
                float e = RealMath.Exp(new Real(Logits[start + c] - max)).Value;
                Cotangent[start + c] = e;
                total += e;
                mass += Targets[start + c];
            }

            total = TWarp.Sum(total);
            mass = TWarp.Sum(mass);
            double logTotal = max + DoubleMath.Log(total), loss = 0;
            float factor = (float)(Scale * mass / total);
            for (int c = TWarp.Lane; c < Classes; c += TWarp.Width)
            {
                // A target of 0 leaves its class out, even one with a logit of minus infinity.
                float target = Targets[start + c];
                double surprise = logTotal - Logits[start + c];
                loss += target == 0 & !double.IsNaN(surprise) ? 0 : target * surprise;
                Cotangent[start + c] = (Cotangent[start + c] * factor) - (Scale * target);
            }

            loss = TWarp.Sum(loss);
            if (TWarp.Lane == 0)
            {
                Loss[row] = (float)loss;
            }
        }
    }
}
