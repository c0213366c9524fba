namespace KernelCore.Kernels;

/// <summary>A second result of a matrix product: output = f(C), computed while C is at hand.</summary>
/// <param name="Kind">Function f.</param>
/// <param name="Slope">Negative slope of <see cref="ActivationKind.LeakyRelu"/>; ignored otherwise.</param>
/// <param name="Output">[m, n]; must not overlap C or the operands.</param>
public readonly record struct ActivatedOutput(ActivationKind Kind, float Slope, Matrix Output);
