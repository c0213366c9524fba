using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Every row becomes its softmax; the normaliser is a double sum.</summary>
internal struct Softmax : IRow
{
    public ArrayView<float> Scores;
    public RowLayout Rows;

    public readonly void At<TWarp>(int row)
        where TWarp : struct, IWarp
    {
        float max = new LogitRow(Scores, Rows, row).MaxWithout<TWarp>(-1);
        double sum = 0;
        for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
        {
            Real4 e = RealMath.Exp(at.Load(Scores, float.NegativeInfinity) - Real4.Broadcast(max));
            at.Store(Scores, e);
            sum += e.Sum();
        }

        float factor = (float)(1 / TWarp.Sum(sum));
        for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
        {
            at.Store(Scores, at.Load(Scores) * Real4.Broadcast(factor));
        }
    }
}

/// <summary>The Jacobian of the softmax times a vector, row by row and in place: v = p o (v - p . v).</summary>
internal struct SoftmaxJacobian : IRow
{
    public ArrayView<float> Probabilities, Vectors;
    public RowLayout Rows;

    public readonly void At<TWarp>(int row)
        where TWarp : struct, IWarp
    {
        double sum = 0;
        for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
        {
            sum += at.Load(Probabilities).Dot(at.Load(Vectors));
        }

        Real4 mean = Real4.Broadcast((float)TWarp.Sum(sum));
        for (RowWalk at = Rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
        {
            at.Store(Vectors, at.Load(Probabilities) * (at.Load(Vectors) - mean));
        }
    }
}
