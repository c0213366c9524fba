using System.Text;
using Spectre.Console;

namespace KernelCore.Cli.Tests;

/// <summary>One run of the tool in this process, as if its output went to a file.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Error)
{
    /// <param name="arguments">The command line.</param>
    /// <param name="cancelWhen">Asked again and again; cancels as soon as it is so.</param>
    /// <remarks>A thread of its own asks: continuations of a test wait for threads that other tests keep, and the run would be over before the first of them.</remarks>
    public static async Task<ToolRun> StartAsync(IReadOnlyList<string> arguments, Func<bool> cancelWhen)
    {
        using var cancellation = new CancellationTokenSource();
        Task<ToolRun> run = Task.Run(() => StartAsync(arguments, null, cancellation));
        var watch = new Thread(() =>
        {
            while (!run.IsCompleted && !cancelWhen())
            {
                Thread.Sleep(1);
            }

            cancellation.Cancel();
        });
        watch.Start();
        ToolRun ended = await run;
        watch.Join();
        return ended;
    }

    /// <param name="arguments">The command line.</param>
    /// <param name="cancelAt">Cancels as soon as the output holds this text; null for never.</param>
    public static async Task<ToolRun> StartAsync(IReadOnlyList<string> arguments, string? cancelAt = null)
    {
        using var cancellation = new CancellationTokenSource();
        return await StartAsync(arguments, cancelAt, cancellation);
    }

    public static Task<ToolRun> StartAsync(params string[] arguments) => StartAsync((IReadOnlyList<string>)arguments);

    private static async Task<ToolRun> StartAsync(IReadOnlyList<string> arguments, string? cancelAt, CancellationTokenSource cancellation)
    {
        using var output = new WatchedWriter(text =>
        {
            if (cancelAt is not null && text.Contains(cancelAt, StringComparison.Ordinal))
            {
                cancellation.Cancel();
            }
        });
        using var error = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        int code = await new Tool(console, output, error).RunAsync(arguments, cancellation.Token);
        return new ToolRun(code, output.ToString(), error.ToString());
    }

    private sealed class WatchedWriter(Action<string> changed) : StringWriter
    {
        public override void Write(char value)
        {
            base.Write(value);
            changed(ToString());
        }

        public override void Write(string? value)
        {
            base.Write(value);
            changed(ToString());
        }
    }
}
