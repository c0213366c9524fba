using System.Runtime.InteropServices;
using KernelCore.Kernels;

namespace KernelCore.Data;

/// <summary>Corrupts labels in a known way, to measure how well mislabelled samples are found.</summary>
public static class LabelNoise
{
    private const ulong ChoiceStream = 0, ClassStream = 1;

    /// <summary>Corrupts the labels of exactly round(fraction x N) samples, halves up.</summary>
    /// <param name="dataset">The samples; not changed.</param>
    /// <param name="kind">How new labels are drawn.</param>
    /// <param name="fraction">Fraction of the N samples to choose, in [0, 1].</param>
    /// <param name="seed">Same seed, same noise.</param>
    /// <remarks>
    /// The chosen samples are the first of a Philox shuffle (stream 0) and the new label of sample i is number i of
    /// stream 1, so under one seed a larger fraction corrupts the samples of a smaller one, in the same way, and more.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not in [0, 1].</exception>
    /// <exception cref="ArgumentException">There is only one class.</exception>
    public static NoisyDataset Apply(Dataset dataset, LabelNoiseKind kind, double fraction, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (!(fraction is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), $"a fraction in [0, 1] is expected, got {fraction}");
        }

        if (dataset.ClassCount < 2)
        {
            throw new ArgumentException($"{dataset.Name} has one class: its labels cannot be corrupted", nameof(dataset));
        }

        int[] order = [.. Enumerable.Range(0, dataset.Count)];
        Philox.Shuffle<int>(order, seed, ChoiceStream);
        int chosen = (int)Math.Round(fraction * dataset.Count, MidpointRounding.AwayFromZero);

        int[] labels = [.. dataset.Labels];
        var flipped = new bool[dataset.Count];
        foreach (int i in order.AsSpan(0, chosen))
        {
            labels[i] = Corrupt(kind, labels[i], dataset.ClassCount, seed, (ulong)i);
            flipped[i] = labels[i] != dataset.Labels[i];
        }

        return new NoisyDataset(
            dataset.WithLabels(ImmutableCollectionsMarshal.AsImmutableArray(labels)), ImmutableCollectionsMarshal.AsImmutableArray(flipped));
    }

    private static int Corrupt(LabelNoiseKind kind, int label, int classes, ulong seed, ulong sample) => kind switch
    {
        LabelNoiseKind.Symmetric => (label + 1 + Philox.Integer(seed, ClassStream, sample, classes - 1)) % classes,
        LabelNoiseKind.SymmetricIncludingTrueClass => Philox.Integer(seed, ClassStream, sample, classes),
        LabelNoiseKind.PairFlip => (label + 1) % classes,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown kind of label noise"),
    };
}
