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
            return $"libtorch is not there: {(error.InnerException ?? error).Message.TrimStart().Split('\n')[0]}";
        }
        finally
        {
            Console.SetOut(console);
        }
    }
}
