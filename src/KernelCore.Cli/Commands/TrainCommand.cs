using System.CommandLine;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Runs;
using KernelCore.Training;
using Microsoft.Extensions.Logging;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore train</c>: trains a classifier and saves model, history and scores.</summary>
internal static class TrainCommand
{
    private const double AdamRate = 1e-3, SgdRate = 0.05;

    public static Command Create(CommandRunner runner)
    {
        var recipe = new RecipeOptions();
        var device = new DeviceOptions();
        var output = new Option<string>("--out", "-o")
        {
            Description = $"Directory for {RunDirectory.ModelFile}, {RunDirectory.HistoryFile} and {RunDirectory.ScoresFile}.",
            HelpName = "DIR",
            Required = true,
        };
        var command = new Command("train", "Train a classifier, and score every training sample on the way.");
        recipe.AddTo(command);
        device.AddTo(command);
        command.Add(output);
        command.SetAction(runner(invocation => Run(invocation, recipe.Read(invocation), device, invocation.Get(output))).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, RunOptions options, DeviceOptions deviceOptions, string directory)
    {
        using Device device = deviceOptions.Open(invocation);
        using var run = new TrainingRun(options, invocation.Service<DatasetCatalog>(), device, invocation.Service<ILoggerFactory>());
        using var writer = new RunWriter(directory);
        TrainingResult result = TrainingDisplay.Run(invocation, run, options.Epochs);
        writer.Commit(run.Network, run.Describe(result), result.Scores, run.TrueLabels);
        ResultTables.WritePicks(invocation.Console, result);
        if (!run.Flipped.IsDefault)
        {
            ResultTables.WriteDetection(invocation.Console, result.Scores, run.Flipped);
        }

        invocation.Console.WriteRow($"saved to {directory}");
        return ExitCode.Success;
    }

    /// <summary>The options that make up a <see cref="RunOptions"/>.</summary>
    private sealed class RecipeOptions
    {
        private static readonly RunOptions Defaults = new() { Data = "", Architecture = "" };

        private readonly Option<string> _data = CommonOptions.Data();
        private readonly Option<string> _architecture = new("--arch")
        {
            Description = "Architecture: mlp, cnn, or a JSON list of layers.",
            HelpName = "mlp|cnn|FILE.json",
            DefaultValueFactory = _ => "mlp",
        };

        private readonly Option<int> _epochs = new Option<int>("--epochs")
        {
            Description = "Passes over the training data.", HelpName = "N", DefaultValueFactory = _ => Defaults.Epochs,
        }.Within(1, int.MaxValue, "at least 1");

        private readonly Option<int> _batchSize = new Option<int>("--batch-size")
        {
            Description = "Samples per step.", HelpName = "N", DefaultValueFactory = _ => Defaults.BatchSize,
        }.Within(1, int.MaxValue, "at least 1");

        private readonly Option<OptimizerKind> _optimizer = Choice.Option(
            "--optimizer", "Optimiser.", ("adam", OptimizerKind.Adam), ("adamw", OptimizerKind.AdamW), ("sgd", OptimizerKind.Sgd));

        private readonly Option<double?> _rate = new("--lr")
        {
            Description = $"Initial learning rate. [default: {AdamRate} for Adam and AdamW, {SgdRate} for SGD]", HelpName = "RATE",
        };

        private readonly Option<double> _momentum = new Option<double>("--momentum")
        {
            Description = "Momentum of SGD.", HelpName = "M", DefaultValueFactory = _ => 0,
        }.Within(0, 1, "a number in [0, 1]");

        private readonly Option<double> _weightDecay = new Option<double>("--weight-decay")
        {
            Description = "Weight decay: an L2 penalty, decoupled for AdamW.", HelpName = "D", DefaultValueFactory = _ => 0,
        }.Within(0, float.MaxValue, "a number of at least 0");

        private readonly Option<ScheduleKind> _schedule = Choice.Option(
            "--schedule", "Learning rate: constant, half a cosine to zero, or a tenth after each third.",
            ("constant", ScheduleKind.Constant), ("cosine", ScheduleKind.Cosine), ("step", ScheduleKind.Step));

        private readonly Option<ulong> _seed = new("--seed")
        {
            Description = "Seed of initial weights and shuffling. The same seed gives the same weights, bit for bit.", HelpName = "S", DefaultValueFactory = _ => 0,
        };

        private readonly Option<double> _labelNoise = new Option<double>("--label-noise")
        {
            Description = "Fraction of the training labels to corrupt.", HelpName = "F", DefaultValueFactory = _ => 0,
        }.Within(0, 1, "a fraction in [0, 1]");

        private readonly Option<LabelNoiseKind> _noise = Choice.Option(
            "--noise", "Corrupted labels: any other class, or the next class.",
            ("symmetric", LabelNoiseKind.Symmetric), ("pair", LabelNoiseKind.PairFlip));

        private readonly Option<ulong> _noiseSeed = new("--noise-seed")
        {
            Description = "Seed of the corruption.", HelpName = "S", DefaultValueFactory = _ => Defaults.NoiseSeed,
        };

        private readonly Option<ScoreMode> _mode = CommonOptions.Mode();

        public void AddTo(Command command)
        {
            Option[] options =
            [
                _data, _architecture, _epochs, _batchSize, _optimizer, _rate, _momentum, _weightDecay, _schedule, _seed, _labelNoise, _noise, _noiseSeed, _mode,
            ];
            foreach (Option option in options)
            {
                command.Add(option);
            }
        }

        public RunOptions Read(Invocation invocation) => new()
        {
            Data = invocation.Get(_data),
            Architecture = invocation.Get(_architecture),
            Epochs = invocation.Get(_epochs),
            BatchSize = invocation.Get(_batchSize),
            Optimizer = invocation.Get(_optimizer),
            LearningRate = invocation.Get(_rate) ?? (invocation.Get(_optimizer) == OptimizerKind.Sgd ? SgdRate : AdamRate),
            Momentum = (float)invocation.Get(_momentum),
            WeightDecay = (float)invocation.Get(_weightDecay),
            Schedule = invocation.Get(_schedule),
            Seed = invocation.Get(_seed),
            LabelNoise = invocation.Get(_labelNoise),
            NoiseKind = invocation.Get(_noise),
            NoiseSeed = invocation.Get(_noiseSeed),
            ScoreMode = invocation.Get(_mode),
        };
    }
}
