using System.Collections.Immutable;
using System.Reflection;
using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.LeaveOneOut;
using KernelCore.Models;
using KernelCore.Scoring;
using KernelCore.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KernelCore.Runs;

/// <summary>Carries out a recipe: loads the data, corrupts labels if asked to, builds the network, trains it and saves the run.</summary>
/// <remarks>Not thread safe.</remarks>
public sealed class TrainingRun : IDisposable
{
    private readonly RunOptions _options;
    private readonly RunData _data;
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
        (_options, _loggers) = (options, loggers ?? NullLoggerFactory.Instance);
        _data = RunData.Load(options, catalog);
        Network = new Network(device, Presets.Resolve(options.Architecture, Train.SampleShape, Train.ClassCount), options.Seed);
        try
        {
            if (options.Extras.HasFlag(ExtraScores.Lsi))
            {
                HeadFeatures.RequireProbe(Network);
            }
        }
        catch
        {
            Network.Dispose();
            throw;
        }
    }

    /// <summary>Training samples, with the labels that are learnt.</summary>
    public Dataset Train => _data.Train;

    /// <summary>Held-out samples, with clean labels.</summary>
    public Dataset Test => _data.Test;

    /// <summary>For each training sample whether its label was corrupted; default without label noise.</summary>
    public ImmutableArray<bool> Flipped => _data.Flipped;

    /// <summary>Labels of the training samples before corruption; default without label noise.</summary>
    public ImmutableArray<int> TrueLabels => _data.TrueLabels;

    /// <summary>The network, with its initial weights before and the trained ones after <see cref="Fit"/>.</summary>
    public Network Network { get; }

    /// <summary>Trains, and computes the extra scores of the recipe.</summary>
    /// <param name="progress">Receives every epoch as it ends.</param>
    /// <param name="cancellationToken">Checked before every step.</param>
    /// <exception cref="KernelCoreException">Training diverged.</exception>
    public TrainingResult Fit(IProgress<EpochRecord>? progress = null, CancellationToken cancellationToken = default)
    {
        var extras = new List<ScoreColumn>();
        TrainingSelfInfluence? self = null;
        if (_options.Extras.HasFlag(ExtraScores.SelfInfluence))
        {
            self = new TrainingSelfInfluence(Network, Train, _options.Epochs, progress, cancellationToken);
            extras.Add(new ScoreColumn(ScoreCatalogue.SelfInfluence.Name, ScoreCatalogue.SelfInfluence, self.Values));
        }

        using var trainer = new Trainer(Network, _options.ToTrainingOptions(), _loggers.CreateLogger<Trainer>());
        TrainingResult result = trainer.Fit(Train, Test, self ?? progress, cancellationToken);
        if (_options.Extras.HasFlag(ExtraScores.Lsi))
        {
            Dataset features = HeadFeatures.Extract(Network, Train, cancellationToken);
            LsiResult lsi = LaplaceSampleInformation.Compute(features, Network.Device, new LsiOptions { Checked = 0 }, null, cancellationToken);
            extras.Add(new ScoreColumn(ScoreCatalogue.Lsi.Name, ScoreCatalogue.Lsi, lsi.Information));
        }

        return result with { Scores = result.Scores with { Columns = [.. result.Scores.Columns, .. extras] } };
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
}
