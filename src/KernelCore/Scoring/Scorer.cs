using System.Collections.Immutable;
using System.Runtime.InteropServices;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Scoring;

/// <summary>Which weights the alignment is taken with.</summary>
public enum GwaScope
{
    /// <summary>The final linear weight, bias excluded: the estimator of the paper; needs no backward pass.</summary>
    Head,

    /// <summary>Every parameter on its own: a column per parameter.</summary>
    PerLayer,

    /// <summary>All trainable parameters as one vector.</summary>
    FullModel,
}

/// <summary>What to score, and how.</summary>
public sealed record ScoringOptions
{
    /// <summary>Names from <see cref="ScoreCatalogue"/> that one moment defines: gwa, el2n, grand, loss, margin, entropy, confidence.</summary>
    public IReadOnlyList<string> Scores { get; init; } = ["gwa", "el2n", "grand", "loss", "margin", "entropy"];

    /// <summary>Weights of the alignment.</summary>
    public GwaScope Scope { get; init; } = GwaScope.Head;

    /// <summary>Arithmetic of the head's alignment.</summary>
    public ScoreMode Mode { get; init; } = ScoreMode.Exact;

    /// <summary>Samples per pass.</summary>
    public int BatchSize { get; init; } = 256;
}

/// <summary>Scores every sample of a data set at the current weights of a classifier, in evaluation mode.</summary>
/// <remarks>
/// Head scores need one forward pass; <c>grand</c> and the wider scopes of <c>gwa</c> one backward pass more, without
/// weight gradients. With scope PerLayer the columns are <c>gwa:PARAMETER</c>. Alignment is the cosine with the descent
/// direction, -grad_i; it is 0 where the gradient or the weight vanishes.
/// </remarks>
public sealed class Scorer(IModel model, ILogger<Scorer>? logger = null)
{
    private static readonly Dictionary<string, HeadQuantity> HeadScoresByName = new(StringComparer.Ordinal)
    {
        ["gwa"] = HeadQuantity.Gwa,
        ["el2n"] = HeadQuantity.El2n,
        ["loss"] = HeadQuantity.Loss,
        ["margin"] = HeadQuantity.Margin,
        ["entropy"] = HeadQuantity.Entropy,
        ["confidence"] = HeadQuantity.Confidence,
    };

    private readonly ILogger _logger = logger ?? NullLogger<Scorer>.Instance;

    /// <summary>Scores a data set.</summary>
    /// <param name="data">Samples with the labels to judge.</param>
    /// <param name="options">What to compute; null for the defaults.</param>
    /// <param name="progress">Receives the fraction done.</param>
    /// <param name="cancellationToken">Checked before every batch.</param>
    /// <exception cref="KernelCoreException">An unknown score, or a model without the linear head that gwa needs.</exception>
    public ScoreTable Score(
        Dataset data, ScoringOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new ScoringOptions();
        Column[] columns = [.. options.Scores.SelectMany(name => Columns(name, options, data.Count))];
        bool wide = options.Scope != GwaScope.Head && options.Scores.Contains("gwa");
        bool gradients = wide || options.Scores.Contains("grand");
        Log.ScoringStarted(_logger, data.Count, string.Join(", ", options.Scores));

        using var loader = new BatchLoader(data, model.Device, options.BatchSize);
        using var head = new HeadScorer(model, options.Mode);
        using PerSampleEngine? engine = gradients ? new PerSampleEngine(model, new GradientQuery { Norms = true, Cosines = wide }) : null;
        int[] order = [.. Enumerable.Range(0, data.Count)];
        var predictions = new int[data.Count];
        for (int number = 0; number < loader.BatchCount; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<int> ids = loader.Slice(order, number);
            Batch batch = loader.Load(ids);
            IForwardPass pass = model.Forward(batch, ForwardMode.Evaluation);
            Classifier.CheckFits(pass, data);
            HeadScores scores = head.Compute(pass, batch.Labels!);
            GradientResult? result = engine?.Evaluate(pass, batch, Loss.CrossEntropy);
            foreach (Column column in columns)
            {
                column.Fill(ids[0], scores, result);
            }

            for (int i = 0; i < ids.Length; i++)
            {
                predictions[ids[i]] = (int)scores[HeadQuantity.Prediction][i];
            }

            progress?.Report((number + 1.0) / loader.BatchCount);
        }

        return new ScoreTable(
            data.Labels, ImmutableCollectionsMarshal.AsImmutableArray(predictions), [.. columns.Select(c => new ScoreColumn(c.Name, c.Definition, c.Values))]);
    }

    private IEnumerable<Column> Columns(string name, ScoringOptions options, int count)
    {
        ScoreDefinition definition = ScoreCatalogue.Find(name) ?? throw Unknown(name);
        if (definition == ScoreCatalogue.Gwa)
        {
            return GwaColumns(options.Scope, count);
        }

        if (definition == ScoreCatalogue.Grand)
        {
            return [new Column(name, definition, count, (_, result, values) => Norms(result!.SquaredNorms!.Total, values))];
        }

        return HeadScoresByName.TryGetValue(name, out HeadQuantity quantity)
            ? [new Column(name, definition, count, (scores, _, values) => scores[quantity].CopyTo(values))]
            : throw Unknown(name);
    }

    private IEnumerable<Column> GwaColumns(GwaScope scope, int count)
    {
        switch (scope)
        {
            case GwaScope.Head:
                if (model.Head is null)
                {
                    throw new KernelCoreException("the score gwa in scope Head needs a model that ends in a linear layer; use scope FullModel");
                }

                return [new Column("gwa", ScoreCatalogue.Gwa, count, (scores, _, values) => scores[HeadQuantity.Gwa].CopyTo(values))];
            case GwaScope.FullModel:
                return [new Column("gwa", ScoreCatalogue.Gwa, count, (_, result, values) => Negated(result!.Cosines!.Total, values))];
            default:
                return model.Parameters.Layout.Parameters
                    .Select((p, k) => (p, k))
                    .Where(e => e.p.Trainable)
                    .Select(e => new Column(
                        $"gwa:{e.p.Name}", ScoreCatalogue.Gwa, count, (_, result, values) => Negated(result!.Cosines!.Rows[e.k], values)));
        }
    }

    private static KernelCoreException Unknown(string name) => new(
        $"'{name}' is not a score of a single moment; expected some of {string.Join(", ", HeadScoresByName.Keys.Append("grand"))}");

    private static void Norms(Tensor squared, Span<float> values)
    {
        squared.CopyTo(values);
        TensorPrimitives.Sqrt(values, values);
    }

    private static void Negated(Tensor cosines, Span<float> values)
    {
        cosines.CopyTo(values);
        TensorPrimitives.Negate(values, values);
    }

    private delegate void BatchValues(HeadScores scores, GradientResult? result, Span<float> values);

    private sealed record Column(string Name, ScoreDefinition Definition, int Count, BatchValues Compute)
    {
        public double[] Values { get; } = new double[Count];

        public void Fill(int first, HeadScores scores, GradientResult? result)
        {
            var values = new float[scores.Count];
            Compute(scores, result, values);
            TensorPrimitives.ConvertTruncating<float, double>(values, Values.AsSpan(first, values.Length));
        }
    }
}
