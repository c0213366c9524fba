using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The matrices of all heads of an attention layer, as operands and destinations of batched products over (sample, head) pairs.</summary>
internal readonly struct AttentionHeads(IlgpuLinearAlgebra algebra, AttentionGeometry g)
{
    /// <summary>1 / sqrt(head size).</summary>
    public float Scale => (float)(1 / Math.Sqrt(g.HeadSize));

    /// <summary>Rows of the scores of all heads.</summary>
    public static long Rows(AttentionGeometry g) => (long)g.Batch * g.Heads * g.Tokens;

    /// <summary>to = alpha a b^T + beta to, [tokens, tokens] for each head.</summary>
    public void Scores(HeadPart a, HeadPart b, float alpha, float beta, Tensor to) => algebra.Multiply(
        Factor.Of(Rows(a), Rows(b), g.HeadSize), KernelShapes.AttentionScores(g),
        new Destination(DeviceMemory.Of(to), g.Tokens, BatchLayout.Contiguous(g.Tokens * g.Tokens), alpha, beta));

    /// <summary>to = alpha square v + beta to, [tokens, head size] for each head; square is [tokens, tokens], transposed or not.</summary>
    public void Mix(Tensor square, bool transposed, HeadPart v, float alpha, float beta, HeadPart to)
    {
        var left = new MatrixOperand
        {
            Elements = DeviceMemory.Of(square), RowStride = transposed ? 1 : g.Tokens, DepthStride = transposed ? g.Tokens : 1,
            Batches = BatchLayout.Contiguous(g.Tokens * g.Tokens),
        };
        var right = Rows(v) with { RowStride = 1, DepthStride = Stride(v) };
        algebra.Multiply(
            Factor.Of(left, right, g.Tokens), KernelShapes.AttentionMix(g), new Destination(View(to), Stride(to), Batches(to), alpha, beta));
    }

    private MatrixOperand Rows(HeadPart part) => new() { Elements = View(part), RowStride = Stride(part), DepthStride = 1, Batches = Batches(part) };

    private ArrayView<float> View(HeadPart part)
    {
        ArrayView<float> all = DeviceMemory.Of(part.Tensor);
        return all.Length == 0 ? all : all.SubView(part.Index * g.Width);
    }

    private int Stride(HeadPart part) => part.Parts * g.Width;

    private BatchLayout Batches(HeadPart part) => new(g.Heads, g.Tokens * Stride(part), g.HeadSize);
}

/// <summary>One of the parts that a token's row of a tensor consists of: query, key or value, or the only one.</summary>
internal readonly record struct HeadPart(Tensor Tensor, int Index, int Parts)
{
    public static HeadPart Query(Tensor qkv) => new(qkv, 0, 3);

    public static HeadPart Key(Tensor qkv) => new(qkv, 1, 3);

    public static HeadPart Value(Tensor qkv) => new(qkv, 2, 3);

    public static HeadPart Output(Tensor y) => new(y, 0, 1);
}
