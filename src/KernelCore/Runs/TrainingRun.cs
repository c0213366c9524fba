using System.Collections.Immutable;
using System.Reflection;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KernelCore.Runs;

/// <summary>Carries out a recipe: loads the data, corrupts labels if asked to, builds the network, trains it and saves the run.</summary>
/// <remarks>Not thread safe.</remarks>
public sealed class TrainingRun : IDisposable
{
    private readonly RunOptions _options;
    private readonly ILoggerFactory _loggers;

    /// <summary>Prepares a run; nothing is trained yet.</summary>
    /// <param name="options">The recipe.</param>
    /// <param name="catalog">Where the data comes from.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="loggers">Logs; null for none.</param>
    /// <exception cref="KernelCoreException">The data cannot be had, the network does not fit it, or an option cannot work.</exception>
    public TrainingRun(RunOptions options, DatasetCatalog catalog, Device device, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(catalog);
        (_options, _loggers) = (options, loggers ?? NullLoggerFactory.Instance);
        DataSplit data = catalog.Load(options.Data);
        (Train, Flipped) = Corrupt(data.Train, options);
        (Test, TrueLabels) = (data.Test, Flipped.IsDefault ? default : data.Train.Labels);
        Network = new Network(device, Presets.Resolve(options.Architecture, Train.SampleShape, Train.ClassCount), options.Seed);
    }

    /// <summary>Training samples, with the labels that are learnt.</summary>
    public Dataset Train { get; }

    /// <summary>Held-out samples, with clean labels.</summary>
    public Dataset Test { get; }

    /// <summary>For each training sample whether its label was corrupted; default without label noise.</summary>
    public ImmutableArray<bool> Flipped { get; }

    /// <summary>Labels of the training samples before corruption; default without label noise.</summary>
    public ImmutableArray<int> TrueLabels { get; }

    /// <summary>The network, with its initial weights before and the trained ones after <see cref="Fit"/>.</summary>
    public Network Network { get; }

    /// <summary>Trains.</summary>
    /// <param name="progress">Receives every epoch as it ends.</param>
    /// <param name="cancellationToken">Checked before every step.</param>
    /// <exception cref="KernelCoreException">Training diverged.</exception>
    public TrainingResult Fit(IProgress<EpochRecord>? progress = null, CancellationToken cancellationToken = default)
    {
        using var trainer = new Trainer(Network, _options.ToTrainingOptions(), _loggers.CreateLogger<Trainer>());
        return trainer.Fit(Train, Test, progress, cancellationToken);
    }

    /// <summary>The record of a finished run.</summary>
    /// <param name="result">What <see cref="Fit"/> returned.</param>
    public RunHistory Describe(TrainingResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        string version = typeof(TrainingRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return new RunHistory(
            version.Split('+')[0], Network.Device.Name, _options, Train.Count, Test.Count, Flipped.IsDefault ? 0 : Flipped.Count(flipped => flipped),
            result.Epochs, new StopperPicks(result.GwaEpoch, result.LabelWaveEpoch));
    }

    /// <inheritdoc/>
    public void Dispose() => Network.Dispose();

    private static (Dataset Data, ImmutableArray<bool> Flipped) Corrupt(Dataset train, RunOptions options)
    {
        if (options.LabelNoise == 0)
        {
            return (train, default);
        }

        if (options.LabelNoise is not (> 0 and <= 1) || train.ClassCount < 2)
        {
            throw new KernelCoreException(
                $"label noise takes a fraction in [0, 1] and at least two classes, got {options.LabelNoise} and {train.ClassCount}");
        }

        NoisyDataset noisy = LabelNoise.Apply(train, options.NoiseKind, options.LabelNoise, options.NoiseSeed);
        return (noisy.Dataset, noisy.Flipped);
    }
}
