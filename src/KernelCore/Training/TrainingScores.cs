using System.Collections.Immutable;
using KernelCore.Kernels;
using KernelCore.Scoring;

namespace KernelCore.Training;

/// <summary>Per-sample scores over the epochs of a training run, fed batch by batch with the pre-update head quantities.</summary>
internal sealed class TrainingScores(ImmutableArray<int> labels)
{
    private const int FirstK = 3;

    private readonly AumAccumulator _aum = new(labels.Length);
    private readonly ForgettingCounter _forgetting = new(labels.Length);
    private readonly CartographyAccumulator _cartography = new(labels.Length);
    private readonly FirstKEpochLearning _firstK = new(labels.Length, FirstK);
    private readonly PredictionChanges _changes = new(labels.Length);
    private readonly int[] _predictions = new int[labels.Length];
    private readonly Dictionary<HeadQuantity, double[]> _latest = new()
    {
        [HeadQuantity.Gwa] = new double[labels.Length],
        [HeadQuantity.El2n] = new double[labels.Length],
        [HeadQuantity.Loss] = new double[labels.Length],
        [HeadQuantity.Margin] = new double[labels.Length],
        [HeadQuantity.Entropy] = new double[labels.Length],
    };

    private int[] _batchPredictions = [];
    private bool[] _batchCorrect = [];

    /// <summary>Takes in one batch and returns how many of its samples were predicted right.</summary>
    public int Observe(int epoch, ReadOnlySpan<int> ids, HeadScores scores)
    {
        if (_batchCorrect.Length < ids.Length)
        {
            (_batchPredictions, _batchCorrect) = (new int[ids.Length], new bool[ids.Length]);
        }

        Span<int> predictions = _batchPredictions.AsSpan(0, ids.Length);
        Span<bool> correct = _batchCorrect.AsSpan(0, ids.Length);
        ReadOnlySpan<float> predicted = scores[HeadQuantity.Prediction];
        int right = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            predictions[i] = (int)predicted[i];
            correct[i] = predictions[i] == labels[ids[i]];
            right += correct[i] ? 1 : 0;
            _predictions[ids[i]] = predictions[i];
        }

        foreach (var (quantity, latest) in _latest)
        {
            ReadOnlySpan<float> values = scores[quantity];
            for (int i = 0; i < ids.Length; i++)
            {
                latest[ids[i]] = values[i];
            }
        }

        _aum.Observe(ids, scores[HeadQuantity.Margin]);
        _forgetting.Observe(ids, correct);
        _cartography.Observe(ids, scores[HeadQuantity.Confidence], correct);
        _firstK.Observe(epoch, ids, correct);
        _changes.Observe(ids, predictions);
        return right;
    }

    /// <summary>Prediction changes of the epoch that ends.</summary>
    public int CloseEpoch() => _changes.CloseEpoch();

    /// <summary>All scores so far; the single-moment ones are those of each sample's last visit.</summary>
    public ScoreTable ToTable() => new(labels, [.. _predictions],
    [
        Column(ScoreCatalogue.Gwa, _latest[HeadQuantity.Gwa]),
        Column(ScoreCatalogue.El2n, _latest[HeadQuantity.El2n]),
        Column(ScoreCatalogue.Loss, _latest[HeadQuantity.Loss]),
        Column(ScoreCatalogue.Margin, _latest[HeadQuantity.Margin]),
        Column(ScoreCatalogue.Entropy, _latest[HeadQuantity.Entropy]),
        Column(ScoreCatalogue.Aum, _aum.Scores()),
        Column(ScoreCatalogue.Forgetting, _forgetting.Scores()),
        Column(ScoreCatalogue.Confidence, _cartography.Confidence()),
        Column(ScoreCatalogue.Variability, _cartography.Variability()),
        Column(ScoreCatalogue.FirstKEpoch, _firstK.Scores()),
    ]);

    private static ScoreColumn Column(ScoreDefinition definition, double[] values) => new(definition.Name, definition, values);
}
