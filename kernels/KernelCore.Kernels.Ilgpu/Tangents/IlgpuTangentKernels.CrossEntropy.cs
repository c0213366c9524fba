using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuTangentKernels
{
    public void CrossEntropyCurvature(Tensor logits, Tensor? targets, float scale, Tensor r, Tensor result)
    {
        int classes = logits.Shape[-1];
        device.ForEachRow(KernelShapes.CrossEntropyCurvature(classes == 0 ? 0 : logits.Count / classes, classes), new Curvature
        {
            Logits = DeviceMemory.Of(logits), Targets = DeviceMemory.Of(targets), Tangent = DeviceMemory.Of(r), Result = DeviceMemory.Of(result),
            Classes = classes, Scale = scale,
        });
    }

    internal struct Curvature : IRow
    {
        public ArrayView<float> Logits, Targets, Tangent, Result;
        public int Classes;
        public float Scale;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            int start = row * Classes;
            var logits = new LogitRow(Logits, start, Classes);
            float max = logits.MaxWithout<TWarp>(-1), center = Tangent[start + logits.IndexOf<TWarp>(max)];
            double total = 0, moment = 0, mass = 0;
            for (int c = start + TWarp.Lane; c < start + Classes; c += TWarp.Width)
            {
                float e = RealMath.Exp(new Real(Logits[c] - max)).Value;
                total += e;
                moment += e * ((double)Tangent[c] - center);
                mass += Targets.Length == 0 ? 0 : Targets[c];
            }

            total = TWarp.Sum(total);
            mass = Targets.Length == 0 ? 1 : TWarp.Sum(mass);
            float mean = (float)(TWarp.Sum(moment) / total), factor = (float)(Scale * mass / total);
            for (int c = start + TWarp.Lane; c < start + Classes; c += TWarp.Width)
            {
                float e = RealMath.Exp(new Real(Logits[c] - max)).Value;
                Result[c] = e * factor * (Tangent[c] - center - mean);
            }
        }
    }
}
