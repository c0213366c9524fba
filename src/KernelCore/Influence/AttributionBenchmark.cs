using System.Globalization;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Runs;
using KernelCore.Training;

namespace KernelCore.Influence;


/// <summary>
/// The linear datamodeling scores of influence methods for one recipe: the methods see a model trained on all samples, the
/// truth are models trained on random subsets of fixed size.
/// </summary>
/// <remarks>
/// The output of a subset is minus the loss on each test sample, averaged over the seeds: what a network learns from a subset
/// varies with its initial weights, and no method can predict that part. Resumable; deterministic.
/// </remarks>
public sealed class AttributionBenchmark
{
    private readonly DataSplit _data;
    private readonly RunOptions _recipe;
    private readonly SubsetMasks _subsets;
    private readonly int _seeds;

    /// <summary>Describes a benchmark.</summary>
    /// <param name="data">Training samples to draw subsets of, and test samples.</param>
    /// <param name="recipe">How models are trained. Subset s with seed number r takes the seed of the recipe plus r subsets + s; the model on all samples takes the seed itself.</param>
    /// <param name="subsets">Subsets, at least 2.</param>
    /// <param name="seeds">Models per subset, at least 1.</param>
    /// <param name="fraction">Fraction of the training samples in a subset.</param>
    public AttributionBenchmark(DataSplit data, RunOptions recipe, int subsets, int seeds = 1, double fraction = 0.5)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentOutOfRangeException.ThrowIfLessThan(subsets, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(seeds, 1);
        (_data, _recipe, _seeds) = (data, recipe, seeds);
        _subsets = SubsetMasks.Draw(SubsetKind.FixedSize, subsets, data.Train.Count, fraction, recipe.Seed);
    }

    /// <summary>Trains the models on subsets whose files are missing.</summary>
    /// <param name="directory">Receives a small file per model (<see cref="SubsetStudy"/>).</param>
    /// <param name="workers">Models to train at a time; 0 for one per processor.</param>
    /// <param name="progress">Receives the fraction done, from any thread.</param>
    /// <param name="cancellationToken">Stops after the current steps; finished models stay.</param>
    /// <returns>[subsets, test]: minus the mean loss over the seeds.</returns>
    public float[] Retrain(string directory, int workers = 0, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        var study = SubsetStudy.OfRecipe(_data, _subsets.Repeat(_seeds), _recipe);
        float[] losses = study.Run(directory, workers, progress, cancellationToken).Test.Loss;
        var outputs = new float[losses.Length / _seeds];
        for (int k = 0; k < outputs.Length; k++)
        {
            double sum = 0;
            for (int seed = 0; seed < _seeds; seed++)
            {
                sum += losses[(seed * outputs.Length) + k];
            }

            outputs[k] = (float)(-sum / _seeds);
        }

        return outputs;
    }

    /// <summary>Trains the model on all samples.</summary>
    /// <param name="directory">Receives <c>checkpoint-EPOCH.safetensors</c>.</param>
    /// <param name="device">Where.</param>
    /// <param name="checkpoints">Moments to keep, the last of as many equal parts of the training; at least 1, at most one per epoch.</param>
    /// <param name="cancellationToken">Checked before every step.</param>
    /// <returns>The model, which the caller disposes, and its checkpoints with their learning rates.</returns>
    public (Network Model, IReadOnlyList<Checkpoint> Checkpoints) Train(
        string directory, Device device, int checkpoints = 1, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(checkpoints, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(checkpoints, _recipe.Epochs);
        Directory.CreateDirectory(directory);
        var network = new Network(device, Presets.Resolve(_recipe.Architecture, _data.Train.SampleShape, _data.Train.ClassCount), _recipe.Seed);
        var kept = new List<Checkpoint>();
        try
        {
            using var trainer = new Trainer(network, _recipe.ToTrainingOptions());
            trainer.Fit(_data.Train, progress: new EpochEnd(Keep), cancellationToken: cancellationToken);
            return (network, kept);
        }
        catch
        {
            network.Dispose();
            throw;
        }

        void Keep(EpochRecord epoch)
        {
            if (epoch.Epoch * checkpoints / _recipe.Epochs > (epoch.Epoch - 1) * checkpoints / _recipe.Epochs)
            {
                string path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"checkpoint-{epoch.Epoch:D5}.safetensors"));
                NetworkFile.Save(network, path);
                kept.Add(Checkpoint.File(device, path, epoch.LearningRate));
            }
        }
    }

    /// <summary>The linear datamodeling score of a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="outputs">What <see cref="Retrain"/> returned.</param>
    /// <param name="device">Where sums run.</param>
    /// <param name="progress">Receives the fraction done.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public CorrelationResult Score(
        InfluenceMethod method, ReadOnlySpan<float> outputs, Device device, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        InfluenceMatrix influence = method.Compute(_data.Train, _data.Test, progress, cancellationToken).ToMatrix();
        return AttributionMetrics.LinearDatamodelingScore(influence, _subsets, outputs, device);
    }

    private sealed class EpochEnd(Action<EpochRecord> use) : IProgress<EpochRecord>
    {
        public void Report(EpochRecord value) => use(value);
    }
}
