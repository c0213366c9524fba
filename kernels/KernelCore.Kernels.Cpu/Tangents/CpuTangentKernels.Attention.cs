using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuTangentKernels
{
    public void Attention(AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor rqkv, Tensor rprobabilities, Tensor ry)
    {
        var body = new AttentionBody
        {
            Geometry = geometry,
            Qkv = HostMemory.Of(qkv),
            Probabilities = HostMemory.Of(probabilities),
            QkvTangent = HostMemory.Of(rqkv),
            ProbabilitiesTangent = HostMemory.Of(rprobabilities),
            OutputTangent = HostMemory.Of(ry),
        };
        RangeLoop.Run(device.Pool, geometry.Batch * geometry.Heads, 2 * AttentionHead.Flops(geometry), ref body);
    }

    public void AttentionGradient(
        AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor rqkv, Tensor rprobabilities, Tensor gy, Tensor rgy, Tensor rgqkv)
    {
        var body = new AttentionGradientBody
        {
            Geometry = geometry,
            Qkv = HostMemory.Of(qkv),
            Probabilities = HostMemory.Of(probabilities),
            QkvTangent = HostMemory.Of(rqkv),
            ProbabilitiesTangent = HostMemory.Of(rprobabilities),
            Gradient = HostMemory.Of(gy),
            GradientTangent = HostMemory.Of(rgy),
            QkvGradientTangent = HostMemory.Of(rgqkv),
        };
        RangeLoop.Run(device.Pool, geometry.Batch * geometry.Heads, 5 * AttentionHead.Flops(geometry), ref body);
    }

    private struct AttentionBody : IRangeBody
    {
        public AttentionGeometry Geometry;
        public float* Qkv, Probabilities, QkvTangent, ProbabilitiesTangent, OutputTangent;

        public readonly void Run(int first, int end, int worker)
        {
            int tokens = Geometry.Tokens, width = Geometry.Width, size = Geometry.HeadSize, packed = 3 * width;
            float scale = AttentionHead.ScoreScale(Geometry);
            for (int index = first; index < end; index++)
            {
                var head = new AttentionHead(Geometry, index);
                float* q = Qkv + head.Packed, k = q + width, v = k + width, p = Probabilities + head.Square;
                float* rq = QkvTangent + head.Packed, rk = rq + width, rv = rk + width, rp = ProbabilitiesTangent + head.Square;
                float* ry = OutputTangent + head.Output;
                BlockGemm.Multiply(false, true, tokens, tokens, size, scale, rq, packed, k, packed, 0, rp, tokens);
                BlockGemm.Multiply(false, true, tokens, tokens, size, scale, q, packed, rk, packed, 1, rp, tokens);
                for (int row = 0; row < tokens; row++)
                {
                    nint start = (nint)row * tokens;
                    float mean = (float)Reduction.Sum(start, tokens, new Product(p, rp));
                    Elementwise.Run(start, start + tokens, new SoftmaxJacobian { Probabilities = p, Vector = rp, Mean = mean });
                }

                BlockGemm.Multiply(false, false, tokens, size, tokens, 1, rp, tokens, v, packed, 0, ry, width);
                BlockGemm.Multiply(false, false, tokens, size, tokens, 1, p, tokens, rv, packed, 1, ry, width);
            }
        }
    }

    private struct AttentionGradientBody : IRangeBody
    {
        public AttentionGeometry Geometry;
        public float* Qkv, Probabilities, QkvTangent, ProbabilitiesTangent, Gradient, GradientTangent, QkvGradientTangent;

        public readonly void Run(int first, int end, int worker)
        {
            int tokens = Geometry.Tokens, width = Geometry.Width, size = Geometry.HeadSize, packed = 3 * width;
            float scale = AttentionHead.ScoreScale(Geometry);
            float* gs = Scratch.Current.Floats(ScratchSlot.Left, (long)tokens * tokens), rgs = Scratch.Current.Floats(ScratchSlot.Right, (long)tokens * tokens);
            for (int index = first; index < end; index++)
            {
                var head = new AttentionHead(Geometry, index);
                float* q = Qkv + head.Packed, k = q + width, v = k + width, p = Probabilities + head.Square;
                float* rq = QkvTangent + head.Packed, rk = rq + width, rv = rk + width, rp = ProbabilitiesTangent + head.Square;
                float* rgq = QkvGradientTangent + head.Packed, rgk = rgq + width, rgv = rgk + width;
                float* gy = Gradient + head.Output, rgy = GradientTangent + head.Output;
                BlockGemm.Multiply(true, false, tokens, size, tokens, 1, rp, tokens, gy, width, 0, rgv, packed);
                BlockGemm.Multiply(true, false, tokens, size, tokens, 1, p, tokens, rgy, width, 1, rgv, packed);
                BlockGemm.Multiply(false, true, tokens, tokens, size, 1, gy, width, v, packed, 0, gs, tokens);
                BlockGemm.Multiply(false, true, tokens, tokens, size, 1, rgy, width, v, packed, 0, rgs, tokens);
                BlockGemm.Multiply(false, true, tokens, tokens, size, 1, gy, width, rv, packed, 1, rgs, tokens);
                for (int row = 0; row < tokens; row++)
                {
                    nint start = (nint)row * tokens;
                    double mean = Reduction.Sum(start, tokens, new Product(p, gs));
                    double rmean = Reduction.Sum(start, tokens, new Product(rp, gs)) + Reduction.Sum(start, tokens, new Product(p, rgs));
                    Elementwise.Run(start, start + tokens, new ScoreGradientTangent
                    {
                        Probabilities = p, ProbabilitiesTangent = rp, Gradient = gs, GradientTangent = rgs, Mean = (float)mean, MeanTangent = (float)rmean,
                    });
                }

                BlockGemm.Multiply(false, false, tokens, size, tokens, scale, rgs, tokens, k, packed, 0, rgq, packed);
                BlockGemm.Multiply(false, false, tokens, size, tokens, scale, gs, tokens, rk, packed, 1, rgq, packed);
                BlockGemm.Multiply(true, false, tokens, size, tokens, scale, rgs, tokens, q, packed, 0, rgk, packed);
                BlockGemm.Multiply(true, false, tokens, size, tokens, scale, gs, tokens, rq, packed, 1, rgk, packed);
            }
        }
    }

    /// <summary>gs = p (gp - mean) and rgs = rp (gp - mean) + p (rgp - rmean), in place of gp and rgp.</summary>
    private struct ScoreGradientTangent : IElementwise
    {
        public float* Probabilities, ProbabilitiesTangent, Gradient, GradientTangent;
        public float Mean, MeanTangent;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes p = TLanes.Load(Probabilities + i), deviation = TLanes.Load(Gradient + i) - TLanes.Broadcast(Mean);
            TLanes moved = p * (TLanes.Load(GradientTangent + i) - TLanes.Broadcast(MeanTangent));
            (p * deviation).Store(Gradient + i);
            TLanes.MultiplyAdd(TLanes.Load(ProbabilitiesTangent + i), deviation, moved).Store(GradientTangent + i);
        }
    }
}
