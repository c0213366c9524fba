namespace KernelCore.Kernels;

/// <summary>Base of every error that KernelCore raises about what it was given or where it runs.</summary>
/// <remarks>The message is one line that names the thing, what was expected and what came; tools print it as is.</remarks>
public class KernelCoreException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">One line: what, expected, got.</param>
    /// <param name="inner">The cause, if any.</param>
    public KernelCoreException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>A layer, or a use of a layer's parameters, for which no exact rule exists.</summary>
public sealed class UnsupportedLayerException : KernelCoreException
{
    /// <summary>Creates the error.</summary>
    /// <param name="layer">Name of the layer, as in the parameter names.</param>
    /// <param name="reason">Why it is refused and what to do instead.</param>
    public UnsupportedLayerException(string layer, string reason) : base($"layer '{layer}': {reason}") => Layer = layer;

    /// <summary>Name of the refused layer.</summary>
    public string Layer { get; }
}

/// <summary>A backend or device that was asked for cannot be used here.</summary>
public sealed class BackendUnavailableException(string message, Exception? inner = null) : KernelCoreException(message, inner);

/// <summary>A model file that cannot be read, or does not fit the architecture it is loaded into.</summary>
public sealed class InvalidModelFileException(string message, Exception? inner = null) : KernelCoreException(message, inner);

/// <summary>A data file or data set that cannot be used: missing, corrupt, or not what its name says.</summary>
public sealed class InvalidDataFileException(string message, Exception? inner = null) : KernelCoreException(message, inner);
