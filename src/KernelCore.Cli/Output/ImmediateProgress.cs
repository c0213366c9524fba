namespace KernelCore.Cli.Output;

/// <summary>Reports on the calling thread, in order; <see cref="Progress{T}"/> gives no order on a console.</summary>
internal sealed class ImmediateProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
