using System.Globalization;
using KernelCore.Kernels;

namespace KernelCore.Torch;

/// <summary>How far a parameter's per-sample gradients from captures are from libtorch's.</summary>
/// <param name="Parameter">Name.</param>
/// <param name="Error">Largest difference of an element, relative to the largest element of the gradient; absolute where that is zero.</param>
public sealed record ParameterError(string Parameter, double Error);

/// <summary>Outcome of <see cref="TorchModel.Validate"/>.</summary>
/// <param name="Parameters">Every trainable parameter.</param>
/// <param name="Tolerance">Errors above it are not rounding.</param>
public sealed record CaptureReport(IReadOnlyList<ParameterError> Parameters, double Tolerance)
{
    /// <summary>The largest error; 0 without parameters.</summary>
    public double MaxError => Parameters.Count == 0 ? 0 : Parameters.Max(p => p.Error);

    /// <summary>Whether all errors are within the tolerance.</summary>
    public bool Passed => Parameters.All(p => p.Error <= Tolerance);

    /// <summary>Refuses captures that are wrong.</summary>
    /// <exception cref="UnsupportedLayerException">One is; the message names the parameter that is worst off.</exception>
    internal void ThrowIfWrong()
    {
        if (Passed)
        {
            return;
        }

        ParameterError worst = Parameters.MaxBy(p => double.IsNaN(p.Error) ? double.PositiveInfinity : p.Error)!;
        int dot = worst.Parameter.LastIndexOf('.');
        throw new UnsupportedLayerException(
            dot < 0 ? "" : worst.Parameter[..dot],
            $"per-sample gradients of '{worst.Parameter}' from its captures differ from libtorch's by {worst.Error.ToString("G2", CultureInfo.InvariantCulture)} relative: "
            + "it is used outside its module (call the module with call(), not forward(), and use its parameters nowhere else), its input is changed in place later "
            + "on, or samples depend on each other");
    }
}
