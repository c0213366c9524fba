using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILayerKernels.Attention"/>.</summary>
public static class Attention
{
    /// <summary>P = softmax(q k^T / sqrt(head size)) row by row; y = P v.</summary>
    public static void Forward<T>(AttentionGeometry geometry, ReadOnlySpan<T> qkv, Span<T> probabilities, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        int tokens = geometry.Tokens;
        T scale = T.One / T.Sqrt(T.CreateChecked(geometry.HeadSize));
        y.Clear();
        for (int head = 0; head < geometry.Batch * geometry.Heads; head++)
        {
            for (int i = 0; i < tokens; i++)
            {
                Span<T> row = probabilities.Slice(((head * tokens) + i) * tokens, tokens);
                T max = T.NegativeInfinity, total = T.Zero;
                for (int j = 0; j < tokens; j++)
                {
                    row[j] = T.Zero;
                    for (int d = 0; d < geometry.HeadSize; d++)
                    {
                        row[j] += scale * qkv[Packed(geometry, head, i, 0, d)] * qkv[Packed(geometry, head, j, 1, d)];
                    }

                    max = T.Max(max, row[j]);
                }

                for (int j = 0; j < tokens; j++)
                {
                    row[j] = T.Exp(row[j] - max);
                    total += row[j];
                }

                for (int j = 0; j < tokens; j++)
                {
                    row[j] /= total;
                    for (int d = 0; d < geometry.HeadSize; d++)
                    {
                        y[Output(geometry, head, i, d)] += row[j] * qkv[Packed(geometry, head, j, 2, d)];
                    }
                }
            }
        }
    }

    /// <summary>gv = P^T gy; gs = P o (gP - rowsum(P o gP)) with gP = gy v^T; gq = gs k / sqrt(head size); gk = gs^T q / sqrt(head size).</summary>
    public static void Gradient<T>(
        AttentionGeometry geometry, ReadOnlySpan<T> qkv, ReadOnlySpan<T> probabilities, ReadOnlySpan<T> gy, Span<T> gqkv)
        where T : IFloatingPointIeee754<T>
    {
        int tokens = geometry.Tokens;
        T scale = T.One / T.Sqrt(T.CreateChecked(geometry.HeadSize));
        var gp = new T[tokens];
        gqkv.Clear();
        for (int head = 0; head < geometry.Batch * geometry.Heads; head++)
        {
            for (int i = 0; i < tokens; i++)
            {
                ReadOnlySpan<T> row = probabilities.Slice(((head * tokens) + i) * tokens, tokens);
                T mean = T.Zero;
                for (int j = 0; j < tokens; j++)
                {
                    gp[j] = T.Zero;
                    for (int d = 0; d < geometry.HeadSize; d++)
                    {
                        T g = gy[Output(geometry, head, i, d)];
                        gp[j] += g * qkv[Packed(geometry, head, j, 2, d)];
                        gqkv[Packed(geometry, head, j, 2, d)] += row[j] * g;
                    }

                    mean += row[j] * gp[j];
                }

                for (int j = 0; j < tokens; j++)
                {
                    T gs = scale * row[j] * (gp[j] - mean);
                    for (int d = 0; d < geometry.HeadSize; d++)
                    {
                        gqkv[Packed(geometry, head, i, 0, d)] += gs * qkv[Packed(geometry, head, j, 1, d)];
                        gqkv[Packed(geometry, head, j, 1, d)] += gs * qkv[Packed(geometry, head, i, 0, d)];
                    }
                }
            }
        }
    }

    /// <summary>Index of element d of the query (part 0), key (1) or value (2) of a token; head counts (sample, head) pairs.</summary>
    internal static int Packed(AttentionGeometry g, int head, int token, int part, int d) =>
        (((((head / g.Heads * g.Tokens) + token) * 3) + part) * g.Width) + (head % g.Heads * g.HeadSize) + d;

    internal static int Output(AttentionGeometry g, int head, int token, int d) =>
        (((head / g.Heads * g.Tokens) + token) * g.Width) + (head % g.Heads * g.HeadSize) + d;
}
