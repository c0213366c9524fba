using System.CommandLine;
using KernelCore.Kernels;

namespace KernelCore.Cli.Commands;

/// <summary>The options that choose where the work runs.</summary>
internal sealed class DeviceOptions
{
    private readonly Option<string> _device = new("--device")
    {
        Description = "Device to run on, as listed by 'kernelcore devices'.",
        HelpName = "SELECTOR",
        DefaultValueFactory = _ => Devices.Default,
    };

    private readonly Option<int> _threads = Choice.Number<int>(
        "--threads", "N", "Threads of the CPU device; results do not depend on it. [default: one per processor]",
        null, 1, 1024, "a whole number from 1 to 1024");

    public void AddTo(Command command)
    {
        command.Add(_device);
        command.Add(_threads);
    }

    /// <summary>Opens the chosen device; the caller disposes it.</summary>
    public Device Open(Invocation invocation)
    {
        string device = invocation.Get(_device);
        int threads = invocation.Get(_threads);
        if (threads > 0 && device != Devices.Default)
        {
            throw new KernelCoreException($"--threads goes with --device {Devices.Default}, not with '{device}'");
        }

        return invocation.OpenDevice(threads > 0 ? $"{device}:{threads}" : device);
    }
}
