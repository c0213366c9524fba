using KernelCore.Cli;
using Spectre.Console;

return await new Tool(AnsiConsole.Console, Console.Out, Console.Error).RunAsync(args).ConfigureAwait(false);
