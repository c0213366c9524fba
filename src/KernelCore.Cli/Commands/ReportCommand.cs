using System.CommandLine;
using KernelCore.Cli.Output;
using KernelCore.Data;
using KernelCore.Runs;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore report</c>: the HTML report of a saved run.</summary>
internal static class ReportCommand
{
    public static Command Create(CommandRunner runner)
    {
        var run = new Option<string>("--run") { Description = "Directory that 'kernelcore train' wrote.", HelpName = "DIR", Required = true };
        var output = new Option<string?>("--out", "-o") { Description = $"Where the report goes. [default: DIR/{RunReport.FileName}]", HelpName = "FILE.html" };
        var command = new Command("report", "Write the report of a run: one HTML file that needs no network.") { run, output };
        command.SetAction(runner(invocation => Run(invocation, invocation.Get(run), invocation.Get(output))).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, string directory, string? output)
    {
        string path = output ?? Path.Combine(directory, RunReport.FileName);
        RunReport.Write(RunDirectory.Read(directory), invocation.Service<DatasetCatalog>(), path);
        invocation.Console.WriteRow($"report: {path}");
        return ExitCode.Success;
    }
}
