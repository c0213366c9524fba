namespace KernelCore.Data;

/// <summary>A named data set, as <c>kernelcore</c> lists it.</summary>
/// <param name="Name">Name to load it by.</param>
/// <param name="Summary">What it holds.</param>
/// <param name="Licence">Authors and licence.</param>
/// <param name="HowToGet">Where it comes from: part of the library, or the command that installs it.</param>
public sealed record DatasetDescription(string Name, string Summary, string Licence, string HowToGet);
