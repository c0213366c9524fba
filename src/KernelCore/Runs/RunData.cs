using System.Collections.Immutable;
using KernelCore.Data;
using KernelCore.Kernels;

namespace KernelCore.Runs;

/// <summary>The data of a run: what its recipe says about samples and labels, carried out.</summary>
/// <param name="Train">Training samples, with the labels that are learnt.</param>
/// <param name="Test">Held-out samples, with clean labels.</param>
/// <param name="Flipped">For each training sample whether its label was corrupted; default without label noise.</param>
/// <param name="TrueLabels">Labels of the training samples before corruption; default without label noise.</param>
public sealed record RunData(Dataset Train, Dataset Test, ImmutableArray<bool> Flipped, ImmutableArray<int> TrueLabels)
{
    private const ulong DrawSeed = 0;

    /// <summary>Loads the data set, draws training samples and corrupts labels, as far as the recipe asks for it.</summary>
    /// <param name="options">The recipe.</param>
    /// <param name="catalog">Where the data comes from.</param>
    /// <exception cref="KernelCoreException">The data cannot be had or an option does not fit it.</exception>
    public static RunData Load(RunOptions options, DatasetCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(catalog);
        DataSplit data = catalog.Load(options.Data);
        int count = options.TrainSamples ?? data.Train.Count;
        Dataset train = count >= 1 && count <= data.Train.Count
            ? data.Train.Draw(count, DrawSeed)
            : throw new KernelCoreException($"{count} training samples cannot be drawn: data set '{options.Data}' has {data.Train.Count}");
        if (options.LabelNoise == 0)
        {
            return new RunData(train, data.Test, default, default);
        }

        if (options.LabelNoise is not (> 0 and <= 1) || train.ClassCount < 2)
        {
            throw new KernelCoreException(
                $"label noise takes a fraction in [0, 1] and at least two classes, got {options.LabelNoise} and {train.ClassCount}");
        }

        NoisyDataset noisy = LabelNoise.Apply(train, options.NoiseKind, options.LabelNoise, options.NoiseSeed);
        return new RunData(noisy.Dataset, data.Test, noisy.Flipped, train.Labels);
    }
}
