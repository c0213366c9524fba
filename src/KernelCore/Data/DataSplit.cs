namespace KernelCore.Data;

/// <summary>A data set in its two parts.</summary>
/// <param name="Train">Samples to train on.</param>
/// <param name="Test">Samples held out.</param>
public sealed record DataSplit(Dataset Train, Dataset Test);
