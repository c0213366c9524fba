using System.CommandLine;
using KernelCore.Cli.Backends;
using KernelCore.Kernels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace KernelCore.Cli;

/// <summary>What the body of a command works with: arguments, services, console, cancellation.</summary>
internal sealed class Invocation : IDisposable
{
    private readonly ParseResult _parsed;
    private readonly ServiceProvider _services;
    private readonly TextWriter _error;

    public Invocation(ParseResult parsed, IAnsiConsole console, TextWriter error, bool verbose, CancellationToken cancellation)
    {
        (_parsed, Console, _error, Cancellation) = (parsed, console, error, cancellation);
        _services = new ServiceCollection()
            .AddKernelCore()
            .AddSingleton(GpuBackend.Create())
            .AddLogging(logging => logging
                .SetMinimumLevel(verbose ? LogLevel.Debug : LogLevel.Warning)
                .AddSimpleConsole(format => format.SingleLine = true)
                .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
                    options => options.LogToStandardErrorThreshold = LogLevel.Trace))
            .BuildServiceProvider();
    }

    /// <summary>Where results go.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Cancelled by Ctrl+C.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Value of an option, its default when not given.</summary>
    public T Get<T>(Option<T> option) => _parsed.GetValue(option)!;

    /// <summary>Value of an argument.</summary>
    public T Get<T>(Argument<T> argument) => _parsed.GetValue(argument)!;

    /// <summary>A service.</summary>
    public T Service<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Opens a device that the caller disposes; what there is to know about it goes to standard error.</summary>
    public Device OpenDevice(string selector)
    {
        Device device = Devices.Open(selector, _services.GetServices<IBackend>());
        if (device.Remark.Length > 0)
        {
            _error.WriteLine($"{device}: {device.Remark}");
        }

        return device;
    }

    public void Dispose() => _services.Dispose();
}
