using System.Collections.Immutable;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Reporting;
using KernelCore.Scoring;
using KernelCore.Training;

namespace KernelCore.Tests.Reporting;

/// <summary>Runs made up for reports: the numbers look like those of training, without any training.</summary>
internal static class SyntheticRun
{
    /// <summary>Digits with 10 % wrong labels, scored as a trained network would score them.</summary>
    public static ReportData Digits()
    {
        Dataset clean = new DatasetCatalog().Load("digits").Train;
        NoisyDataset noisy = LabelNoise.Apply(clean, LabelNoiseKind.Symmetric, 0.1, seed: 1);
        return new ReportData
        {
            Title = "digits, MLP, 10 % label noise",
            Run = [new("architecture", "mlp"), new("seed", "1"), new("optimiser", "Adam, learning rate 0.001"), new("batch size", "64")],
            Dataset = noisy.Dataset,
            Epochs = [.. Enumerable.Range(1, 30).Select(Epoch)],
            GwaEpoch = 9,
            LabelWaveEpoch = 12,
            Scores = Scores(noisy.Dataset, clean.Labels, [.. noisy.Flipped]),
            Noisy = [.. noisy.Flipped],
            TrueLabels = [.. clean.Labels],
        };
    }

    /// <summary>The least there can be: one sample, one epoch, one score, nothing known about noise.</summary>
    public static ReportData OneSample(double score = 1)
    {
        var dataset = new Dataset("one", [2], [0, 1], [0], ["only"]);
        return new ReportData
        {
            Title = "One sample",
            Dataset = dataset,
            Epochs = [new EpochRecord(1, 0.1, 0.5, 1, null, null, null, 0, 10)],
            Scores = new ScoreTable([0], [0], [Column(ScoreCatalogue.Loss, score)]),
        };
    }

    /// <summary>A column of given values.</summary>
    public static ScoreColumn Column(ScoreDefinition definition, params double[] values) => new(definition.Name, definition, values);

    /// <summary>An epoch whose GWA is as given.</summary>
    public static EpochRecord Epoch(int epoch, double gwa, GwaStatus status) =>
        new(epoch, 1e-3, 1, 0.5, 1, 0.5, new GwaEpoch(epoch, 100, 0.1, 0.01, 0.5, gwa, status), 5, 1000);

    private static EpochRecord Epoch(int epoch)
    {
        double fit = 1 - Math.Exp(-epoch / 3.0), memorised = 1 / (1 + Math.Exp((16 - epoch) / 3.0));
        double wobble = 0.01 * Philox.Normal(2, 0, (ulong)epoch);
        double mean = (0.12 * fit) - (0.05 * memorised), kurtosis = epoch == 2 ? -1.15 : 1.5 - (0.9 * fit) + (2 * memorised) + wobble;
        GwaStatus status = epoch == 2 ? GwaStatus.NearPole : GwaStatus.Ok;
        var gwa = new GwaEpoch(epoch, 1437, mean, 0.01, kurtosis, mean / (kurtosis + GwaEpoch.Beta), status);
        return new EpochRecord(
            epoch, 1e-3, 0.35 + (1.8 * (1 - fit)) - (0.28 * memorised), 0.1 + (0.78 * fit) + (0.11 * memorised),
            0.3 + (1.7 * (1 - fit)) + (0.5 * memorised) + wobble, 0.12 + (0.84 * fit) - (0.08 * memorised) + (0.4 * wobble), gwa,
            epoch == 1 ? 0 : (int)(20 + (500 * (1 - fit)) + (60 * memorised * (1 - memorised) * 4)), 41_000 + (2e5 * wobble));
    }

    private static ScoreTable Scores(Dataset dataset, ImmutableArray<int> truth, bool[] noisy)
    {
        double Normal(ulong stream, int sample) => Philox.Normal(3, stream, (ulong)sample);
        double[] Column(Func<int, double> value) => [.. Enumerable.Range(0, dataset.Count).Select(value)];
        double[] margin = Column(i => noisy[i] ? -2.5 + (2.2 * Normal(0, i)) : 4 + (1.8 * Normal(0, i)));
        double[] aum = Column(i => noisy[i] ? -2 + (1.2 * Normal(1, i)) : 3 + (1.3 * Normal(1, i)));
        double[] confidence = Column(i => 1 / (1 + Math.Exp(-margin[i])));
        int[] predictions = [.. Enumerable.Range(0, dataset.Count).Select(i => margin[i] > 0 ? dataset.Labels[i] : truth[i])];
        return new ScoreTable(dataset.Labels, [.. predictions],
        [
            SyntheticRun.Column(ScoreCatalogue.Gwa, Column(i => (0.03 * margin[i]) + (0.05 * Normal(2, i)))),
            SyntheticRun.Column(ScoreCatalogue.El2n, Column(i => 1.4 * (1 - confidence[i]))),
            SyntheticRun.Column(ScoreCatalogue.Loss, Column(i => -Math.Log(confidence[i]))),
            SyntheticRun.Column(ScoreCatalogue.Margin, margin),
            SyntheticRun.Column(ScoreCatalogue.Entropy, Column(i => Math.Exp(-Math.Abs(margin[i])) * (1 + (0.2 * Normal(4, i))))),
            SyntheticRun.Column(ScoreCatalogue.Aum, aum),
            SyntheticRun.Column(ScoreCatalogue.Forgetting, Column(i => Math.Floor(Math.Abs(Normal(5, i)) * (noisy[i] ? 2.5 : 1)))),
            SyntheticRun.Column(ScoreCatalogue.Confidence, Column(i => 1 / (1 + Math.Exp(-aum[i] - (0.8 * Normal(6, i)))))),
            SyntheticRun.Column(ScoreCatalogue.Variability, Column(i => 0.2 + (0.05 * Normal(7, i)) + (noisy[i] ? 0.06 : 0))),
            SyntheticRun.Column(ScoreCatalogue.FirstKEpoch, Column(i => Math.Clamp(Math.Round((noisy[i] ? 17 : 4) + (4 * Normal(8, i))), 3, 31))),
        ]);
    }
}
