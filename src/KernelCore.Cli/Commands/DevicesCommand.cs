using System.CommandLine;
using KernelCore.Cli.Output;
using KernelCore.Kernels;
using Spectre.Console;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore devices</c>: what the work can run on.</summary>
internal static class DevicesCommand
{
    private const double Gibibyte = 1L << 30;

    public static Command Create(CommandRunner runner)
    {
        var command = new Command("devices", "List the devices that --device takes, and why a backend is unavailable.");
        command.SetAction(runner(Run).Invoke);
        return command;
    }

    private static int Run(Invocation invocation)
    {
        Table table = Tables.Create("device", "kind", "hardware", "instruction set", "threads", "memory");
        BackendStatus[] backends = [.. invocation.Service<IEnumerable<IBackend>>().Select(backend => backend.Probe())];
        foreach (DeviceDescription device in backends.SelectMany(backend => backend.Devices))
        {
            table.AddTextRow(
                device.Selector, device.Kind.ToString().ToLowerInvariant(), device.Hardware, device.InstructionSet, $"{device.Threads}",
                $"{device.MemoryBytes / Gibibyte:F1} GiB");
        }

        invocation.Console.Write(table);
        foreach (BackendStatus backend in backends.Where(backend => !backend.Available))
        {
            invocation.Console.WriteRow($"{backend.Name} is unavailable: {backend.Reason}");
        }

        return ExitCode.Success;
    }
}
