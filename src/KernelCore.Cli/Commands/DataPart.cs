using KernelCore.Data;

namespace KernelCore.Cli.Commands;

/// <summary>Part of a data set.</summary>
internal enum DataPart
{
    /// <summary>Training samples.</summary>
    Train,

    /// <summary>Held-out samples.</summary>
    Test,
}

/// <summary>Picks a part.</summary>
internal static class DataParts
{
    /// <summary>The samples of a part.</summary>
    public static Dataset Of(this DataSplit data, DataPart part) => part == DataPart.Test ? data.Test : data.Train;
}
