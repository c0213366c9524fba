namespace KernelCore.Cli;

/// <summary>Exit codes of the tool.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>A defect of the tool.</summary>
    public const int Unexpected = 1;

    /// <summary>From <c>verify</c>: a quantity disagrees.</summary>
    public const int OutOfTolerance = 1;

    /// <summary>Arguments, files or devices that cannot be used.</summary>
    public const int BadInput = 2;

    /// <summary>Ctrl+C: 128 + SIGINT.</summary>
    public const int Cancelled = 130;
}
