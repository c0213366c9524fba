namespace KernelCore.Kernels;

/// <summary>What a device keeps of a tensor's content while it is held, as its kernels see fit.</summary>
public abstract class HeldContent : IDisposable
{
    /// <summary>Notes that the content may change: what was kept is of no use any more, its memory is.</summary>
    public abstract void Expire();

    /// <summary>Frees the memory.</summary>
    public abstract void Dispose();
}
