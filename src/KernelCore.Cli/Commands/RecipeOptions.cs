using System.CommandLine;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Runs;

namespace KernelCore.Cli.Commands;

/// <summary>The options that make up a <see cref="RunOptions"/>.</summary>
internal sealed class RecipeOptions
{
    private const double AdamRate = 1e-3, SgdRate = 0.05;

    private static readonly RunOptions Defaults = new() { Data = "", Architecture = "" };

    private readonly Option<string> _data = CommonOptions.Data();

    private readonly Option<int> _trainSamples = Choice.Number<int>(
        "--train-samples", "N", "Training samples to draw, always the same ones. [default: all]", null, 1, int.MaxValue, "a whole number of at least 1");

    private readonly Option<string> _architecture = new("--arch")
    {
        Description = "Architecture: mlp, cnn, logistic, or a JSON list of layers.",
        HelpName = "mlp|cnn|logistic|FILE.json",
        DefaultValueFactory = _ => "mlp",
    };

    private readonly Option<int> _epochs = Choice.Count("--epochs", "Passes over the training data.", Defaults.Epochs);

    private readonly Option<int> _batchSize = Choice.Count("--batch-size", "Samples per step.", Defaults.BatchSize);

    private readonly Option<OptimizerKind> _optimizer = Choice.Option(
        "--optimizer", "Optimiser.", ("adam", OptimizerKind.Adam), ("adamw", OptimizerKind.AdamW), ("sgd", OptimizerKind.Sgd));

    private readonly Option<double> _rate = Choice.Number<double>(
        "--lr", "RATE", $"Initial learning rate. [default: {AdamRate} for Adam and AdamW, {SgdRate} for SGD]",
        null, double.Epsilon, double.MaxValue, "a positive number");

    private readonly Option<float> _momentum = Choice.Number<float>("--momentum", "M", "Momentum of SGD.", 0, 0, 1, "a number in [0, 1]");

    private readonly Option<float> _weightDecay = Choice.Number<float>(
        "--weight-decay", "D", "Weight decay: an L2 penalty, decoupled for AdamW.", 0, 0, float.MaxValue, "a number of at least 0");

    private readonly Option<ScheduleKind> _schedule = Choice.Option(
        "--schedule", "Learning rate: constant, half a cosine to zero, or a tenth after each third.",
        ("constant", ScheduleKind.Constant), ("cosine", ScheduleKind.Cosine), ("step", ScheduleKind.Step));

    private readonly Option<ulong> _seed = Choice.Seed(
        "--seed", "Seed of initial weights and shuffling. The same seed gives the same weights, bit for bit.", Defaults.Seed);

    private readonly Option<double> _labelNoise = Choice.Number<double>(
        "--label-noise", "F", "Fraction of the training labels to corrupt.", 0, 0, 1, "a fraction in [0, 1]");

    private readonly Option<LabelNoiseKind> _noise = Choice.Option(
        "--noise", "Corrupted labels: any other class, or the next class.",
        ("symmetric", LabelNoiseKind.Symmetric), ("pair", LabelNoiseKind.PairFlip));

    private readonly Option<ulong> _noiseSeed = Choice.Seed("--noise-seed", "Seed of the corruption.", Defaults.NoiseSeed);

    private readonly Option<ScoreMode> _mode = CommonOptions.Mode();

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _data, _trainSamples, _architecture, _epochs, _batchSize, _optimizer, _rate, _momentum, _weightDecay, _schedule, _seed, _labelNoise, _noise, _noiseSeed, _mode,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>The recipe on the command line.</summary>
    public RunOptions Read(Invocation invocation) => new()
    {
        Data = invocation.Get(_data),
        TrainSamples = invocation.Get(_trainSamples) is > 0 and var count ? count : null,
        Architecture = invocation.Get(_architecture),
        Epochs = invocation.Get(_epochs),
        BatchSize = invocation.Get(_batchSize),
        Optimizer = invocation.Get(_optimizer),
        LearningRate = invocation.Get(_rate) is > 0 and var rate ? rate : invocation.Get(_optimizer) == OptimizerKind.Sgd ? SgdRate : AdamRate,
        Momentum = invocation.Get(_momentum),
        WeightDecay = invocation.Get(_weightDecay),
        Schedule = invocation.Get(_schedule),
        Seed = invocation.Get(_seed),
        LabelNoise = invocation.Get(_labelNoise),
        NoiseKind = invocation.Get(_noise),
        NoiseSeed = invocation.Get(_noiseSeed),
        ScoreMode = invocation.Get(_mode),
    };
}
