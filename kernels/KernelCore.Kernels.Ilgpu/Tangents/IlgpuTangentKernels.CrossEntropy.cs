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
            Rows = new RowLayout(classes, DeviceMemory.AreAligned(logits, targets, r, result)), Scale = scale,
        });
    }

    internal struct Curvature : IRow
    {
        public ArrayView<float> Logits, Targets, Tangent, Result;
        public RowLayout Rows;
        public float Scale;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            var logits = new LogitRow(Logits, Rows, row);
            float max = logits.MaxWithout<TWarp>(-1), center = Tangent[Rows.Start(row) + logits.IndexOf<TWarp>(max)];
            double total = 0, moment = 0, mass = 0;
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Real4 e = RealMath.Exp(at.Load(Logits, float.NegativeInfinity) - Real4.Broadcast(max));
                total += e.Sum();
                moment += (at.Load(Tangent) - (Double4)center).Dot(e);
                mass += Targets.Length == 0 ? 0 : at.Load(Targets).Sum();
            }

            total = TWarp.Sum(total);
            mass = Targets.Length == 0 ? 1 : TWarp.Sum(mass);
            Real4 mean = Real4.Broadcast((float)(TWarp.Sum(moment) / total)), factor = Real4.Broadcast((float)(Scale * mass / total));
            for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
            {
                Real4 e = RealMath.Exp(at.Load(Logits) - Real4.Broadcast(max));
                at.Store(Result, e * factor * (at.Load(Tangent) - Real4.Broadcast(center) - mean));
            }
        }
    }
}
