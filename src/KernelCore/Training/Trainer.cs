using System.Diagnostics;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Scoring;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KernelCore.Training;

/// <summary>
/// Trains a classifier and collects, from the training passes themselves and before each update, what every sample
/// says about the model: alignment, margins, forgetting. The scores cost no pass of their own.
/// </summary>
/// <remarks>
/// The same model, data, options and device kind give bit-identical weights, whatever the number of threads. A step
/// allocates nothing on the managed heap once each batch size has been seen. Not thread safe.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private readonly IModel _model;
    private readonly TrainingOptions _options;
    private readonly ILogger _logger;
    private readonly ParameterVector _gradient;
    private readonly Optimizer _optimizer;
    private readonly HeadScorer _headScorer;
    private readonly List<Tensor> _losses = [];

    /// <summary>Creates a trainer; the model's weights are updated in place.</summary>
    /// <exception cref="KernelCoreException">An option cannot work; the message names it.</exception>
    public Trainer(IModel model, TrainingOptions options, ILogger<Trainer>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_model, _options, _logger) = (model, options, logger ?? NullLogger<Trainer>.Instance);
        _gradient = new ParameterVector(model.Parameters.Layout, model.Device);
        _optimizer = options.Optimizer.Create(model.Parameters);
        _headScorer = new HeadScorer(model, options.ScoreMode);
    }

    /// <summary>Trains for the planned number of epochs.</summary>
    /// <param name="train">Training samples with the labels to learn.</param>
    /// <param name="test">Held-out samples, evaluated after every epoch; null for none.</param>
    /// <param name="progress">Receives every epoch as it ends.</param>
    /// <param name="cancellationToken">Checked before every step.</param>
    /// <exception cref="KernelCoreException">The loss became NaN or infinite; the message says when.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the weights stay as the last step left them.</exception>
    public TrainingResult Fit(
        Dataset train, Dataset? test = null, IProgress<EpochRecord>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        using var loader = new BatchLoader(train, _model.Device, _options.BatchSize);
        Classifier.CheckFits(_model.Forward(loader.Load([0]), ForwardMode.Evaluation), train);
        using Evaluator? evaluator = test is null ? null : new Evaluator(_model, test, _options.BatchSize);
        var scores = new TrainingScores(train.Labels);
        var gwa = new GwaAccumulator();
        var gwaStopper = new GwaStopper(_options.Regime, _options.Epochs);
        var labelWave = new LabelWaveStopper();
        var records = new List<EpochRecord>();
        int[] order = [.. Enumerable.Range(0, train.Count)];
        Log.TrainingStarted(_logger, train.Count, _options.Epochs, _options.BatchSize, _model.Parameters.Layout.Count);
        for (int epoch = 1; epoch <= _options.Epochs; epoch++)
        {
            Philox.Shuffle(order, _options.Seed, (ulong)epoch);
            EpochRecord record = RunEpoch(epoch, loader, order, scores, gwa, cancellationToken);
            if (evaluator?.Evaluate(cancellationToken) is { } held)
            {
                record = record with { TestLoss = held.Loss, TestAccuracy = held.Accuracy };
            }

            if (record.Gwa is not null)
            {
                gwaStopper.Observe(record.Gwa);
            }

            labelWave.Observe(record.PredictionChanges);
            records.Add(record);
            Log.EpochFinished(_logger, epoch, record.Loss, record.Accuracy, record.Gwa?.Value ?? double.NaN, record.TestAccuracy ?? double.NaN);
            progress?.Report(record);
        }

        return new TrainingResult(records, gwaStopper.BestEpoch, labelWave.BestEpoch, scores.ToTable());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gradient.Dispose();
        _optimizer.Dispose();
        _headScorer.Dispose();
        _losses.ForEach(l => l.Dispose());
    }

    /// <summary>One step: forward, scores at the old weights, backward, update.</summary>
    internal HeadScores Step(Batch batch, double learningRate)
    {
        IForwardPass pass = _model.Forward(batch, ForwardMode.Training);
        HeadScores scores = _headScorer.Compute(pass, batch.Labels!);
        Loss.CrossEntropy.Evaluate(pass.Outputs, batch, 1f / batch.Count, LossesFor(batch.Count), pass.Cotangent);
        CaptureSet captures = pass.Backward();
        IPerSampleKernels kernels = _model.Device.Kernels.PerSample;
        for (int i = 0; i < captures.Parameters.Count; i++)
        {
            ParameterUses parameter = captures.Parameters[i];
            kernels.WeightedSum(parameter.Uses, parameter.Role, null, 0, _gradient[parameter.Parameter]);
        }

        _optimizer.Step(_gradient, learningRate);
        return scores;
    }

    private EpochRecord RunEpoch(
        int epoch, BatchLoader loader, int[] order, TrainingScores scores, GwaAccumulator gwa, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp(), steps = (long)_options.Epochs * loader.BatchCount;
        double loss = 0, rate = 0;
        int right = 0;
        for (int number = 0; number < loader.BatchCount; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<int> ids = loader.Slice(order, number);
            rate = _options.Schedule.At(((epoch - 1L) * loader.BatchCount) + number, epoch - 1, steps);
            HeadScores head = Step(loader.Load(ids), rate);
            foreach (float value in head[HeadQuantity.Loss])
            {
                loss += value;
            }

            if (!double.IsFinite(loss))
            {
                throw new KernelCoreException($"the loss is {loss} in epoch {epoch}, batch {number + 1}; a smaller learning rate may help");
            }

            right += scores.Observe(epoch, ids, head);
            if (_model.Head is not null)
            {
                gwa.Add(head[HeadQuantity.Gwa]);
            }
        }

        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new EpochRecord(
            epoch, rate, loss / order.Length, (double)right / order.Length, null, null,
            _model.Head is null ? null : gwa.CloseEpoch(), scores.CloseEpoch(), order.Length / seconds);
    }

    private Tensor LossesFor(int count)
    {
        foreach (Tensor kept in _losses)
        {
            if (kept.Count == count)
            {
                return kept;
            }
        }

        Tensor losses = _model.Device.Allocate([count]);
        _losses.Add(losses);
        return losses;
    }
}
