namespace KernelCore.Curvature;

/// <summary>Settings of <see cref="Kfac"/> and <see cref="Ekfac"/>.</summary>
public sealed record KfacOptions
{
    /// <summary>Whose labels the gradients belong to.</summary>
    public FisherType Type { get; init; } = FisherType.True;

    /// <summary>Labels drawn per sample for <see cref="FisherType.True"/>; a forward and backward pass each.</summary>
    public int Draws { get; init; } = 1;

    /// <summary>Seed of the drawn labels: draw m of sample i is number i of Philox stream m.</summary>
    public ulong Seed { get; init; }

    /// <summary>How positions that share a weight enter the factors.</summary>
    public WeightSharing Sharing { get; init; } = WeightSharing.Expand;
}
