using System.Globalization;
using KernelCore.Data;
using KernelCore.Kernels;

namespace KernelCore.Cli.Commands;

/// <summary>A data set with an optional range of its samples: <c>digits</c>, <c>digits:7</c>, <c>digits:0-99</c>.</summary>
internal readonly record struct SampleRange(string Name, int First, int Last)
{
    /// <summary>Takes what follows the last colon as the range when it looks like one; paths may hold colons.</summary>
    public static SampleRange Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string[] ends = text[(colon + 1)..].Split('-');
        if (colon > 0 && ends.Length <= 2 && TryIndex(ends[0], out int first) && TryIndex(ends[^1], out int last))
        {
            return last >= first
                ? new SampleRange(text[..colon], first, last)
                : throw new KernelCoreException($"the range of '{text}' ends before it starts");
        }

        return new SampleRange(text, 0, int.MaxValue);
    }

    /// <summary>The samples of the range.</summary>
    public Dataset Select(Dataset data)
    {
        if (Last == int.MaxValue)
        {
            return data;
        }

        return Last < data.Count
            ? data.Subset([.. Enumerable.Range(First, Last - First + 1)])
            : throw new KernelCoreException($"there is no sample {Last}: the test part of '{Name}' has {data.Count} samples");
    }

    private static bool TryIndex(string text, out int index) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);
}
