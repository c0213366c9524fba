namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void Attention(AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor y)
    {
        var body = new AttentionBody { Geometry = geometry, Qkv = HostMemory.Of(qkv), Probabilities = HostMemory.Of(probabilities), Y = HostMemory.Of(y) };
        RangeLoop.Run(device.Pool, geometry.Batch * geometry.Heads, AttentionHead.Flops(geometry), ref body);
    }

    public void AttentionGradient(AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor gy, Tensor gqkv)
    {
        var body = new AttentionGradientBody
        {
            Geometry = geometry,
            Qkv = HostMemory.Of(qkv),
            Probabilities = HostMemory.Of(probabilities),
            OutputGradient = HostMemory.Of(gy),
            QkvGradient = HostMemory.Of(gqkv),
        };
        RangeLoop.Run(device.Pool, geometry.Batch * geometry.Heads, 2 * AttentionHead.Flops(geometry), ref body);
    }

    private struct AttentionBody : IRangeBody
    {
        public AttentionGeometry Geometry;
        public float* Qkv, Probabilities, Y;

        public readonly void Run(int first, int end, int worker)
        {
            int tokens = Geometry.Tokens, width = Geometry.Width, size = Geometry.HeadSize;
            for (int index = first; index < end; index++)
            {
                var head = new AttentionHead(Geometry, index);
                float* q = Qkv + head.Packed, k = q + width, v = k + width, p = Probabilities + head.Square;
                BlockGemm.Multiply(false, true, tokens, tokens, size, AttentionHead.ScoreScale(Geometry), q, 3 * width, k, 3 * width, 0, p, tokens);
                for (int row = 0; row < tokens; row++)
                {
                    float* scores = p + ((nint)row * tokens);
                    RowMath.Exp(scores, RowMath.Max(scores, tokens), scores, tokens);
                    RowMath.Scale(scores, (float)(1 / Reduction.Sum(0, tokens, new Value(scores))), tokens);
                }

                BlockGemm.Multiply(false, false, tokens, size, tokens, 1, p, tokens, v, 3 * width, 0, Y + head.Output, width);
            }
        }
    }

    /// <summary>With gP = gY V^T and gS = P o (gP - rowsum(P o gP)): gQ = scale gS K, gK = scale gS^T Q, gV = P^T gY.</summary>
    private struct AttentionGradientBody : IRangeBody
    {
        public AttentionGeometry Geometry;
        public float* Qkv, Probabilities, OutputGradient, QkvGradient;

        public readonly void Run(int first, int end, int worker)
        {
            int tokens = Geometry.Tokens, width = Geometry.Width, size = Geometry.HeadSize, packed = 3 * width;
            float scale = AttentionHead.ScoreScale(Geometry);
            float* gs = Scratch.Current.Floats(ScratchSlot.Product, (long)tokens * tokens);
            for (int index = first; index < end; index++)
            {
                var head = new AttentionHead(Geometry, index);
                float* q = Qkv + head.Packed, k = q + width, v = k + width, p = Probabilities + head.Square;
                float* gq = QkvGradient + head.Packed, gk = gq + width, gv = gk + width, gy = OutputGradient + head.Output;
                BlockGemm.Multiply(true, false, tokens, size, tokens, 1, p, tokens, gy, width, 0, gv, packed);
                BlockGemm.Multiply(false, true, tokens, tokens, size, 1, gy, width, v, packed, 0, gs, tokens);
                for (int row = 0; row < tokens; row++)
                {
                    nint start = (nint)row * tokens;
                    float mean = (float)Reduction.Sum(start, tokens, new Product(p, gs));
                    Elementwise.Run(start, start + tokens, new SoftmaxJacobian { Probabilities = p, Vector = gs, Mean = mean });
                }

                BlockGemm.Multiply(false, false, tokens, size, tokens, scale, gs, tokens, k, packed, 0, gq, packed);
                BlockGemm.Multiply(true, false, tokens, size, tokens, scale, gs, tokens, q, packed, 0, gk, packed);
            }
        }
    }
}
