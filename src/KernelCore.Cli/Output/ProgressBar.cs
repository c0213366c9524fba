using Spectre.Console;

namespace KernelCore.Cli.Output;

/// <summary>A progress bar on a terminal; nothing elsewhere.</summary>
internal static class ProgressBar
{
    /// <summary>Runs work that reports the fraction done.</summary>
    public static T Run<T>(Invocation invocation, string description, Func<IProgress<double>, T> work) =>
        Run(invocation, description, (ProgressTask? bar) => work(new ImmediateProgress<double>(done =>
        {
            if (bar is not null)
            {
                bar.Value = done;
            }
        })));

    /// <summary>Runs work with a bar from 0 to 1, null when the output is not a terminal.</summary>
    public static T Run<T>(Invocation invocation, string description, Func<ProgressTask?, T> work)
    {
        IAnsiConsole console = invocation.Console;
        if (!console.IsTerminal())
        {
            return work(null);
        }

        return console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
            .Start(context => work(context.AddTask(Markup.Escape(description), maxValue: 1)));
    }
}
