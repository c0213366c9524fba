using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Writes probe vector <paramref name="index"/> into a tensor.</summary>
internal delegate void ProbeSource(int index, Tensor probe);

/// <summary>Random probe vectors: element i of probe k is number i of Philox stream k, the same on every device.</summary>
internal static class Probes
{
    public static Tensor Allocate(ILinearOperator a) => a.Device.Allocate([a.Dimension]);

    /// <summary>Independent signs: +1 or -1 by the top bit.</summary>
    public static ProbeSource Rademacher(ulong seed) =>
        Filled((stream, i) => Philox.UInt32(seed, stream, i) >> 31 == 0 ? 1 : -1);

    /// <summary>Standard normal.</summary>
    public static ProbeSource Normal(ulong seed) => Filled((stream, i) => Philox.Normal(seed, stream, i));

    /// <summary>Given vectors.</summary>
    public static ProbeSource From(IReadOnlyList<float[]> vectors) => (index, probe) => probe.CopyFrom(vectors[index]);

    private static ProbeSource Filled(Func<ulong, ulong, float> element)
    {
        float[] host = [];
        return (index, probe) =>
        {
            if (host.Length != probe.Count)
            {
                host = new float[probe.Count];
            }

            for (int i = 0; i < host.Length; i++)
            {
                host[i] = element((ulong)index, (ulong)i);
            }

            probe.CopyFrom(host);
        };
    }
}
