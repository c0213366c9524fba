using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Every row becomes its softmax; the normaliser is a double sum.</summary>
internal struct Softmax : IRow
{
    public ArrayView<float> Scores;
    public int Width;

    public readonly void At<TWarp>(int row)
        where TWarp : struct, IWarp
    {
        int start = row * Width;
        float max = float.NegativeInfinity;
        for (int i = TWarp.Lane; i < Width; i += TWarp.Width)
        {
            max = Comparison.Larger(Scores[start + i], max);
        }

        max = TWarp.Max(max);
        double sum = 0;
        for (int i = TWarp.Lane; i < Width; i += TWarp.Width)
        {
            float e = RealMath.Exp(new Real(Scores[start + i] - max)).Value;
            Scores[start + i] = e;
            sum += e;
        }

        float factor = (float)(1 / TWarp.Sum(sum));
        for (int i = TWarp.Lane; i < Width; i += TWarp.Width)
        {
            Scores[start + i] *= factor;
        }
    }
}

/// <summary>The Jacobian of the softmax times a vector, row by row and in place: v = p o (v - p . v).</summary>
internal struct SoftmaxJacobian : IRow
{
    public ArrayView<float> Probabilities, Vectors;
    public int Width;

    public readonly void At<TWarp>(int row)
        where TWarp : struct, IWarp
    {
        int start = row * Width;
        double sum = 0;
        for (int i = TWarp.Lane; i < Width; i += TWarp.Width)
        {
            sum += (double)Probabilities[start + i] * Vectors[start + i];
        }

        float mean = (float)TWarp.Sum(sum);
        for (int i = TWarp.Lane; i < Width; i += TWarp.Width)
        {
            Vectors[start + i] = Probabilities[start + i] * (Vectors[start + i] - mean);
        }
    }
}
