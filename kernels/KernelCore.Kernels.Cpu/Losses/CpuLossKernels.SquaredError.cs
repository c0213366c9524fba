using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLossKernels
{
    public void SquaredError(Tensor outputs, Tensor targets, float scale, Tensor loss, Tensor cotangent)
    {
        var body = new SquaredErrorBody
        {
            Scale = scale,
            Outputs = HostMemory.Of(outputs),
            Targets = HostMemory.Of(targets),
            Loss = HostMemory.Of(loss),
            Cotangent = HostMemory.Of(cotangent),
            Width = loss.Count == 0 ? 0 : (int)(outputs.Count / loss.Count),
        };
        RangeLoop.Run(device.Pool, (int)loss.Count, Parallelism.Elements(body.Width), ref body);
    }

    private struct SquaredErrorBody : IRangeBody
    {
        public int Width;
        public float Scale;
        public float* Outputs, Targets, Loss, Cotangent;

        public readonly void Run(int first, int end, int worker)
        {
            for (int row = first; row < end; row++)
            {
                nint start = (nint)row * Width;
                Loss[row] = (float)(Reduction.Sum(start, Width, new SquaredDifference(Outputs, Targets)) / Width);
            }

            Elementwise.Run((nint)first * Width, (nint)end * Width, new ScaledDifference
            {
                Outputs = Outputs, Targets = Targets, Cotangent = Cotangent, Factor = (float)(2.0 * Scale / Width),
            });
        }
    }

    private readonly struct SquaredDifference(float* a, float* b) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLanes At<TLanes>(nint i, TLanes center)
            where TLanes : struct, IDoubleLanes<TLanes>
        {
            TLanes difference = TLanes.Load(a + i) - TLanes.Load(b + i);
            return difference * difference;
        }
    }

    private struct ScaledDifference : IElementwise
    {
        public float* Outputs, Targets, Cotangent;
        public float Factor;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> =>
            ((TLanes.Load(Outputs + i) - TLanes.Load(Targets + i)) * TLanes.Broadcast(Factor)).Store(Cotangent + i);
    }
}
