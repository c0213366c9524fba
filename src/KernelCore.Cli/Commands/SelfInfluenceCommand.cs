using System.CommandLine;
using System.Globalization;
using System.Text;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Files;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Runs;
using KernelCore.Scoring;
using Spectre.Console;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore self-influence</c>: how much each training sample of a run does to the loss on itself.</summary>
internal static class SelfInfluenceCommand
{
    private const int Shown = 10;

    public static Command Create(CommandRunner runner)
    {
        var run = new Option<string>("--run") { Description = "Directory that 'kernelcore train' wrote.", HelpName = "DIR", Required = true };
        Option<string> name = MethodOptions.Method();
        var method = new MethodOptions();
        var device = new DeviceOptions();
        var output = new Option<string>("--out", "-o") { Description = "Where the values go.", HelpName = "FILE.csv", Required = true };
        var command = new Command("self-influence", "Measure what each training sample does to the loss on itself: high for mislabelled, atypical and memorised ones.") { run, name };
        method.AddTo(command);
        device.AddTo(command);
        command.Add(output);
        command.SetAction(runner(invocation => Run(invocation, invocation.Get(run), invocation.Get(name), invocation.Get(output), method, device)).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, string directory, string name, string output, MethodOptions options, DeviceOptions deviceOptions)
    {
        using Device device = deviceOptions.Open(invocation);
        RunDirectory run = RunDirectory.Read(directory);
        Dataset train = run.LoadTrainingSamples(invocation.Service<DatasetCatalog>());
        using Network network = NetworkFile.Load(device, run.ModelPath);
        InfluenceMethod method = options.Create(invocation, name, network, [Checkpoint.Of(network)]);
        double[] self = method.SelfInfluence(train, invocation.Cancellation);
        var csv = new StringBuilder("index,label,self_influence\n");
        for (int i = 0; i < self.Length; i++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{i},{train.Labels[i]},{self[i]:R}\n");
        }

        AtomicFile.WriteText(output, csv.ToString());
        Write(invocation.Console, run, train, method.Name, self);
        invocation.Console.WriteRow($"self-influences of {train.Count} samples saved to {output}");
        return ExitCode.Success;
    }

    /// <summary>Where wrong labels are known, how well they are found, beside the scores of the run; else the highest.</summary>
    private static void Write(IAnsiConsole console, RunDirectory run, Dataset train, string method, double[] self)
    {
        if (!run.TrueLabels.IsDefault)
        {
            var definition = new ScoreDefinition(
                $"self-influence ({method})", "influence of the sample on the loss on itself", "I(i, i)", "arXiv 1703.04730", ScoreDirection.HigherIsSuspicious);
            ScoreColumn[] columns = [.. run.Scores.Columns, new ScoreColumn(definition.Name, definition, self)];
            ResultTables.WriteDetection(
                console, new ScoreTable(run.Scores.Labels, [], columns), [.. run.TrueLabels.Zip(run.Scores.Labels, (truth, label) => truth != label)]);
            return;
        }

        Table table = Tables.Create("highest", "label", "self-influence");
        foreach (int i in Enumerable.Range(0, self.Length).OrderByDescending(i => self[i]).Take(Shown))
        {
            table.AddTextRow($"{i}", train.ClassNames[train.Labels[i]], string.Create(CultureInfo.InvariantCulture, $"{self[i]:G4}"));
        }

        console.Write(table);
    }
}
