using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Scoring;

namespace KernelCore.Training;

/// <summary>Mean cross-entropy and accuracy of a classifier on a data set.</summary>
/// <param name="Loss">Mean loss, nats.</param>
/// <param name="Accuracy">Fraction predicted right.</param>
public readonly record struct Evaluation(double Loss, double Accuracy);

/// <summary>Evaluates a classifier on a data set, in evaluation mode. Keeps its batches, so repeating it allocates nothing.</summary>
public sealed class Evaluator : IDisposable
{
    private readonly IModel _model;
    private readonly Dataset _data;
    private readonly BatchLoader _loader;
    private readonly HeadScorer _scorer;
    private readonly int[] _order;

    /// <summary>Creates an evaluator.</summary>
    public Evaluator(IModel model, Dataset data, int batchSize = 256)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        (_model, _data) = (model, data);
        _loader = new BatchLoader(data, model.Device, batchSize);
        _scorer = new HeadScorer(model);
        _order = [.. Enumerable.Range(0, data.Count)];
    }

    /// <summary>One pass over the data.</summary>
    public Evaluation Evaluate(CancellationToken cancellationToken = default)
    {
        double loss = 0;
        int right = 0;
        for (int number = 0; number < _loader.BatchCount; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<int> ids = _loader.Slice(_order, number);
            Batch batch = _loader.Load(ids);
            IForwardPass pass = _model.Forward(batch, ForwardMode.Evaluation);
            Classifier.CheckFits(pass, _data);
            HeadScores scores = _scorer.Compute(pass, batch.Labels!);
            ReadOnlySpan<float> losses = scores[HeadQuantity.Loss], predictions = scores[HeadQuantity.Prediction];
            for (int i = 0; i < ids.Length; i++)
            {
                loss += losses[i];
                right += (int)predictions[i] == _data.Labels[ids[i]] ? 1 : 0;
            }
        }

        return new Evaluation(loss / _data.Count, (double)right / _data.Count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loader.Dispose();
        _scorer.Dispose();
    }
}
