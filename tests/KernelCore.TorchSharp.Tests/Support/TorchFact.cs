using System.Runtime.InteropServices;

// TorchSharp's dispose scopes belong to threads, its tensor count and the shared device to the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace KernelCore.Torch.Tests;

/// <summary>A test that needs libtorch; skipped, with what the loader said, where it is not there.</summary>
public sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute() => Skip = LibTorch.Missing;
}

/// <summary>A theory that needs libtorch.</summary>
public sealed class TorchTheoryAttribute : TheoryAttribute
{
    public TorchTheoryAttribute() => Skip = LibTorch.Missing;
}

/// <summary>Whether libtorch can be loaded.</summary>
internal static class LibTorch
{
    /// <summary>Why not; null when it can.</summary>
    public static string? Missing { get; } = Load();

    private static string? Load()
    {
        TextWriter console = Console.Out;
        try
        {
            // TorchSharp also prints the whole search for its libraries.
            Console.SetOut(TextWriter.Null);
            torch.InitializeDeviceType(DeviceType.CPU);

            // tensors are tiny, and threads that wait by spinning hold up everybody else's
            torch.set_num_threads(1);
            return null;
        }
        catch (Exception error) when (error is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            return $"libtorch is not there: {LoaderReason()}";
        }
        finally
        {
            Console.SetOut(console);
        }
    }

    /// <summary>TorchSharp says which package it misses, even where that is there: the system's loader knows better. A file that it looked for in vain tells the least.</summary>
    private static string LoaderReason()
    {
        try
        {
            NativeLibrary.Free(NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null));
            return "LibTorchSharp loads, but TorchSharp does not take it";
        }
        catch (DllNotFoundException error)
        {
            string[] lines = error.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return lines.Skip(1).FirstOrDefault(line => !line.Contains("No such file", StringComparison.Ordinal), lines[0]);
        }
    }
}
