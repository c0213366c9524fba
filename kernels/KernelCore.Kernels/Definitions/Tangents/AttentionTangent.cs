using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ITangentKernels.Attention"/>.</summary>
public static class AttentionTangent
{
    /// <summary>rS = (rQ K^T + Q rK^T) / sqrt(head size), rP = P o (rS - rowsum(P o rS)), rY = rP V + P rV.</summary>
    public static void Forward<T>(
        AttentionGeometry geometry, ReadOnlySpan<T> qkv, ReadOnlySpan<T> probabilities, ReadOnlySpan<T> rqkv, Span<T> rprobabilities, Span<T> ry)
        where T : IFloatingPointIeee754<T>
    {
        int tokens = geometry.Tokens;
        T scale = Scale<T>(geometry);
        ry.Clear();
        for (int head = 0; head < geometry.Batch * geometry.Heads; head++)
        {
            for (int i = 0; i < tokens; i++)
            {
                int start = ((head * tokens) + i) * tokens;
                T mean = T.Zero;
                for (int j = 0; j < tokens; j++)
                {
                    T score = Dot(geometry, head, rqkv, i, 0, qkv, j, 1) + Dot(geometry, head, qkv, i, 0, rqkv, j, 1);
                    rprobabilities[start + j] = scale * score;
                    mean += probabilities[start + j] * scale * score;
                }

                for (int j = 0; j < tokens; j++)
                {
                    T p = probabilities[start + j], rp = p * (rprobabilities[start + j] - mean);
                    rprobabilities[start + j] = rp;
                    for (int d = 0; d < geometry.HeadSize; d++)
                    {
                        int value = Attention.Packed(geometry, head, j, 2, d);
                        ry[Attention.Output(geometry, head, i, d)] += (rp * qkv[value]) + (p * rqkv[value]);
                    }
                }
            }
        }
    }

    /// <summary>The derivative of <see cref="Attention.Gradient"/> in qkv, P and gY together.</summary>
    public static void Gradient<T>(
        AttentionGeometry geometry, ReadOnlySpan<T> qkv, ReadOnlySpan<T> probabilities, ReadOnlySpan<T> rqkv, ReadOnlySpan<T> rprobabilities,
        ReadOnlySpan<T> gy, ReadOnlySpan<T> rgy, Span<T> rgqkv)
        where T : IFloatingPointIeee754<T>
    {
        int tokens = geometry.Tokens;
        T scale = Scale<T>(geometry);
        T[] gp = new T[tokens], rgp = new T[tokens];
        rgqkv.Clear();
        for (int head = 0; head < geometry.Batch * geometry.Heads; head++)
        {
            for (int i = 0; i < tokens; i++)
            {
                ReadOnlySpan<T> p = probabilities.Slice(((head * tokens) + i) * tokens, tokens), rp = rprobabilities.Slice(((head * tokens) + i) * tokens, tokens);
                T mean = T.Zero, rmean = T.Zero;
                for (int j = 0; j < tokens; j++)
                {
                    gp[j] = rgp[j] = T.Zero;
                    for (int d = 0; d < geometry.HeadSize; d++)
                    {
                        int output = Attention.Output(geometry, head, i, d), value = Attention.Packed(geometry, head, j, 2, d);
                        gp[j] += gy[output] * qkv[value];
                        rgp[j] += (rgy[output] * qkv[value]) + (gy[output] * rqkv[value]);
                        rgqkv[value] += (rp[j] * gy[output]) + (p[j] * rgy[output]);
                    }

                    mean += p[j] * gp[j];
                    rmean += (rp[j] * gp[j]) + (p[j] * rgp[j]);
                }

                for (int j = 0; j < tokens; j++)
                {
                    T gs = scale * p[j] * (gp[j] - mean), rgs = scale * ((rp[j] * (gp[j] - mean)) + (p[j] * (rgp[j] - rmean)));
                    for (int d = 0; d < geometry.HeadSize; d++)
                    {
                        int query = Attention.Packed(geometry, head, i, 0, d), key = Attention.Packed(geometry, head, j, 1, d);
                        rgqkv[query] += (rgs * qkv[key]) + (gs * rqkv[key]);
                        rgqkv[key] += (rgs * qkv[query]) + (gs * rqkv[query]);
                    }
                }
            }
        }
    }

    private static T Scale<T>(AttentionGeometry g)
        where T : IFloatingPointIeee754<T> => T.One / T.Sqrt(T.CreateChecked(g.HeadSize));

    private static T Dot<T>(AttentionGeometry g, int head, ReadOnlySpan<T> a, int i, int partA, ReadOnlySpan<T> b, int j, int partB)
        where T : IFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        for (int d = 0; d < g.HeadSize; d++)
        {
            sum += a[Attention.Packed(g, head, i, partA, d)] * b[Attention.Packed(g, head, j, partB, d)];
        }

        return sum;
    }
}
