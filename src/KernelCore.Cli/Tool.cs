using System.CommandLine;
using System.CommandLine.Help;
using KernelCore.Cli.Commands;
using KernelCore.Cli.Output;
using KernelCore.Kernels;
using Spectre.Console;

namespace KernelCore.Cli;

/// <summary>The <c>kernelcore</c> tool: parses, runs one command, and turns every failure into one line and an exit code.</summary>
internal sealed class Tool
{
    public const string Name = "kernelcore";

    // Files and pipes have no width: nothing is wrapped there.
    private const int PlainWidth = 1000;

    private readonly TextWriter _output, _error;
    private readonly Command _root;

    /// <param name="console">Where results go.</param>
    /// <param name="output">Where help and version go.</param>
    /// <param name="error">Where errors go.</param>
    public Tool(IAnsiConsole console, TextWriter output, TextWriter error)
    {
        (_output, _error) = (output, error);
        if (!console.IsTerminal())
        {
            console.Profile.Width = PlainWidth;
        }

        var verbose = new Option<bool>("--verbose", "-v") { Description = "Log to standard error what is being done.", Recursive = true };
        _root = new Command(Name, "Finds out what each training sample does to a neural network: hard, helpful or mislabelled.")
        {
            new HelpOption(), new VersionOption(), verbose,
            DemoCommand.Create(Run), DevicesCommand.Create(Run), TrainCommand.Create(Run), ScoreCommand.Create(Run),
            ReportCommand.Create(Run), InfluenceCommand.Create(Run), SelfInfluenceCommand.Create(Run), MemorizeCommand.Create(Run), LdsCommand.Create(Run),
            LsiCommand.Create(Run), CurvatureCommand.Create(Run), VerifyCommand.Create(Run), RooflineCommand.Create(Run),
        };

        // A body of its own thread: the parser's one has to stay free to pass Ctrl+C on.
        CommandAction Run(Func<Invocation, int> body) => (parsed, cancellation) => Task.Run(
            () => Guard(() =>
            {
                using var invocation = new Invocation(parsed, console, error, parsed.GetValue(verbose), cancellation);
                return body(invocation);
            }),
            CancellationToken.None);
    }

    /// <summary>Runs the tool and returns its exit code.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="cancellationToken">Cancels as Ctrl+C does.</param>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        ParseResult parsed = _root.Parse(arguments.Count == 0 ? ["--help"] : arguments);
        if (parsed.Errors.Count > 0)
        {
            string problem = parsed.UnmatchedTokens.Count > 0 ? $"unknown command or argument '{parsed.UnmatchedTokens[0]}'." : parsed.Errors[0].Message;
            return Fail(ExitCode.BadInput, $"error: {problem} See '{Name} --help'.");
        }

        var configuration = new InvocationConfiguration
        {
            Output = _output,
            Error = _error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
        };
        return await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
    }

    private int Guard(Func<int> body)
    {
        try
        {
            return body();
        }
        catch (OperationCanceledException)
        {
            return Fail(ExitCode.Cancelled, "cancelled");
        }
        catch (Exception error) when (error is KernelCoreException or IOException or UnauthorizedAccessException)
        {
            return Fail(ExitCode.BadInput, $"error: {error.Message}");
        }
        catch (Exception error)
        {
            return Fail(ExitCode.Unexpected, $"unexpected error: {error.GetType().Name}: {error.Message}");
        }
    }

    private int Fail(int code, string message)
    {
        _error.WriteLine($"{Name}: {message.ReplaceLineEndings(" ")}");
        return code;
    }
}

/// <summary>What a command of the parser runs.</summary>
internal delegate Task<int> CommandAction(ParseResult parsed, CancellationToken cancellation);

/// <summary>Turns the body of a command into what the parser runs.</summary>
internal delegate CommandAction CommandRunner(Func<Invocation, int> body);
