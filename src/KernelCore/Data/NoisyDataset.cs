using System.Collections.Immutable;

namespace KernelCore.Data;

/// <summary>A data set with corrupted labels and the truth about them.</summary>
/// <param name="Dataset">The samples with their new labels.</param>
/// <param name="Flipped">For each sample whether its label now differs from the original one.</param>
public sealed record NoisyDataset(Dataset Dataset, ImmutableArray<bool> Flipped);
