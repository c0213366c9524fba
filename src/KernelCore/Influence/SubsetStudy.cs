using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using KernelCore.Data;
using KernelCore.Files;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Runs;
using KernelCore.Scoring;
using KernelCore.Training;

namespace KernelCore.Influence;

/// <summary>Trains the model of a subset.</summary>
/// <param name="device">Where: a device of the worker's own.</param>
/// <param name="subset">The training samples.</param>
/// <param name="model">Number of the model, for its seed: the result must be a function of subset and number alone.</param>
/// <param name="cancellationToken">Cancels.</param>
/// <returns>A trained classifier that the study disposes.</returns>
public delegate IModel SubsetTrainer(Device device, Dataset subset, int model, CancellationToken cancellationToken);

/// <summary>Trains many models on random subsets of the training data and records what each makes of every sample.</summary>
/// <remarks>
/// Resumable: every model leaves one small file, so an interrupted study goes on where it stopped and gives the same
/// numbers. Models are trained in parallel, one thread each; the numbers do not depend on how many at a time.
/// </remarks>
public sealed class SubsetStudy
{
    private const string StudyKey = "study";
    private const int EvaluationBatch = 256;

    private readonly DataSplit _data;
    private readonly SubsetMasks _masks;
    private readonly SubsetTrainer _trainer;
    private readonly string _fingerprint;

    /// <summary>Describes a study.</summary>
    /// <param name="data">Training samples to draw subsets of, and test samples.</param>
    /// <param name="masks">The subsets.</param>
    /// <param name="trainer">Trains a model.</param>
    /// <param name="recipe">What the trainer does, in words: a directory is resumed only with the same recipe, data and masks.</param>
    public SubsetStudy(DataSplit data, SubsetMasks masks, SubsetTrainer trainer, string recipe)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(recipe);
        if (masks.SampleCount != data.Train.Count)
        {
            throw new ArgumentException($"the masks are for {masks.SampleCount} training samples, there are {data.Train.Count}", nameof(masks));
        }

        (_data, _masks, _trainer) = (data, masks, trainer);
        _fingerprint = $"{recipe}; train {Digest(data.Train)}; test {Digest(data.Test)}";
    }

    /// <summary>A study of the recipe of a run; model m starts from seed + m.</summary>
    public static SubsetStudy OfRecipe(DataSplit data, SubsetMasks masks, RunOptions recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return new SubsetStudy(data, masks, Trainer(recipe), recipe.ToString());
    }

    /// <summary>A trainer for the recipe of a run; model m starts from seed + m.</summary>
    public static SubsetTrainer Trainer(RunOptions recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return (device, subset, model, cancellationToken) =>
        {
            RunOptions own = recipe with { Seed = recipe.Seed + (ulong)model };
            var network = new Network(device, Presets.Resolve(own.Architecture, subset.SampleShape, subset.ClassCount), own.Seed);
            try
            {
                using var trainer = new Trainer(network, own.ToTrainingOptions());
                trainer.Fit(subset, cancellationToken: cancellationToken);
                return network;
            }
            catch
            {
                network.Dispose();
                throw;
            }
        };
    }

    /// <summary>Trains the models whose files are missing and reads all results.</summary>
    /// <param name="directory">Receives <c>model-N.safetensors</c> for every model.</param>
    /// <param name="workers">Models to train at a time; 0 for one per processor.</param>
    /// <param name="progress">Receives the fraction done, from any thread.</param>
    /// <param name="cancellationToken">Stops after the current steps; finished models stay.</param>
    /// <exception cref="KernelCoreException">The directory belongs to another study or cannot be written, or training diverged.</exception>
    public SubsetStudyResult Run(
        string directory, int workers = 0, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        Directory.CreateDirectory(directory);
        int[] missing = [.. Enumerable.Range(0, _masks.ModelCount).Where(m => !IsDone(directory, m))];
        AtomicFile.DeleteLeftovers(directory, "model-*.safetensors");
        int done = _masks.ModelCount - missing.Length;
        progress?.Report((double)done / _masks.ModelCount);
        var options = new ParallelOptions { MaxDegreeOfParallelism = workers > 0 ? workers : Environment.ProcessorCount, CancellationToken = cancellationToken };
        try
        {
            Parallel.ForEach(
                missing, options, () => Devices.Open("cpu:1"),
                (model, _, device) =>
                {
                    Train(directory, model, device, cancellationToken);
                    progress?.Report((double)Interlocked.Increment(ref done) / _masks.ModelCount);
                    return device;
                },
                device => device.Dispose());
        }
        catch (AggregateException error) when (error.InnerExceptions.All(e => e is KernelCoreException or OperationCanceledException))
        {
            throw error.InnerExceptions.FirstOrDefault(e => e is KernelCoreException) ?? error.InnerExceptions[0];
        }

        return Collect(directory);
    }

    private static string PathOf(string directory, int model) =>
        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"model-{model:D5}.safetensors"));

    /// <summary>A short digest of everything that training depends on.</summary>
    private static string Digest(Dataset data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(data.Features.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(data.Labels.AsSpan()));
        return Convert.ToHexString(hash.GetHashAndReset().AsSpan(0, 8));
    }

    private string Fingerprint(int model) =>
        $"{_fingerprint}; subset {Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(_masks.Of(model))).AsSpan(0, 8))}";

    private bool IsDone(string directory, int model)
    {
        string path = PathOf(directory, model);
        if (!File.Exists(path))
        {
            return false;
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Metadata.GetValueOrDefault(StudyKey) == Fingerprint(model)
            ? true
            : throw new KernelCoreException($"'{path}' belongs to another study: other data, recipe, seed or subsets; use an empty directory");
    }

    private void Train(string directory, int model, Device device, CancellationToken cancellationToken)
    {
        int[] subset = _masks.Subset(model);
        if (subset.Length == 0)
        {
            throw new KernelCoreException($"the subset of model {model} is empty: use a larger fraction");
        }

        using IModel trained = _trainer(device, _data.Train.Subset(subset), model, cancellationToken);
        var writer = new SafetensorsWriter();
        writer.Metadata[StudyKey] = Fingerprint(model);
        foreach (var (name, data) in new[] { ("train", _data.Train), ("test", _data.Test) })
        {
            var (correct, loss) = Evaluate(trained, data);
            writer.Add($"{name}.correct", [data.Count], correct);
            writer.Add($"{name}.loss", [data.Count], loss);
        }

        writer.Save(PathOf(directory, model));
    }

    private static (float[] Correct, float[] Loss) Evaluate(IModel model, Dataset data)
    {
        using var loader = new BatchLoader(data, model.Device, EvaluationBatch);
        using var scorer = new HeadScorer(model);
        float[] correct = new float[data.Count], loss = new float[data.Count];
        int[] order = [.. Enumerable.Range(0, data.Count)];
        for (int number = 0; number < loader.BatchCount; number++)
        {
            ReadOnlySpan<int> ids = loader.Slice(order, number);
            Batch batch = loader.Load(ids);
            IForwardPass pass = model.Forward(batch, ForwardMode.Evaluation);
            Classifier.CheckFits(pass, data);
            HeadScores scores = scorer.Compute(pass, batch.Labels!);
            scores[HeadQuantity.Loss].CopyTo(loss.AsSpan(ids[0]));
            for (int i = 0; i < ids.Length; i++)
            {
                correct[ids[i]] = (int)scores[HeadQuantity.Prediction][i] == data.Labels[ids[i]] ? 1 : 0;
            }
        }

        return (correct, loss);
    }

    private SubsetStudyResult Collect(string directory)
    {
        int models = _masks.ModelCount, trains = _data.Train.Count, tests = _data.Test.Count;
        var train = new SubsetOutcomes(trains, new float[checked(models * trains)], new float[models * trains]);
        var test = new SubsetOutcomes(tests, new float[checked(models * tests)], new float[models * tests]);
        for (int model = 0; model < models; model++)
        {
            using SafetensorsFile file = SafetensorsFile.Open(PathOf(directory, model));
            file.ReadFloats("train.correct").CopyTo(train.Correct, model * trains);
            file.ReadFloats("train.loss").CopyTo(train.Loss, model * trains);
            file.ReadFloats("test.correct").CopyTo(test.Correct, model * tests);
            file.ReadFloats("test.loss").CopyTo(test.Loss, model * tests);
        }

        return new SubsetStudyResult(_masks, train, test);
    }
}
