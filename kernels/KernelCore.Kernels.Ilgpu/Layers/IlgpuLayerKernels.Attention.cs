namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void Attention(AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor y)
    {
        var heads = new AttentionHeads(algebra, geometry);
        heads.Scores(HeadPart.Query(qkv), HeadPart.Key(qkv), heads.Scale, 0, probabilities);
        device.ForEachRow(KernelShapes.Softmax(AttentionHeads.Rows(geometry), geometry.Tokens), new Softmax
        {
            Scores = DeviceMemory.Of(probabilities), Rows = new RowLayout(geometry.Tokens, DeviceMemory.AreAligned(probabilities)),
        });
        heads.Mix(probabilities, transposed: false, HeadPart.Value(qkv), 1, 0, HeadPart.Output(y));
    }

    /// <summary>With gP = gY V^T and gS = P o (gP - rowsum(P o gP)): gQ = scale gS K, gK = scale gS^T Q, gV = P^T gY.</summary>
    public void AttentionGradient(AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor gy, Tensor gqkv)
    {
        var heads = new AttentionHeads(algebra, geometry);
        using Tensor gs = device.Scratch(probabilities.Shape);
        heads.Mix(probabilities, transposed: true, HeadPart.Output(gy), 1, 0, HeadPart.Value(gqkv));
        heads.Scores(HeadPart.Output(gy), HeadPart.Value(qkv), 1, 0, gs);
        device.ForEachRow(KernelShapes.SoftmaxJacobian(AttentionHeads.Rows(geometry), geometry.Tokens), new SoftmaxJacobian
        {
            Probabilities = DeviceMemory.Of(probabilities), Vectors = DeviceMemory.Of(gs),
            Rows = new RowLayout(geometry.Tokens, DeviceMemory.AreAligned(probabilities, gs)),
        });
        heads.Mix(gs, transposed: false, HeadPart.Key(qkv), heads.Scale, 0, HeadPart.Query(gqkv));
        heads.Mix(gs, transposed: true, HeadPart.Query(qkv), heads.Scale, 0, HeadPart.Key(gqkv));
    }
}
