namespace KernelCore.Influence;

/// <summary>The two training samples that influence a sample most.</summary>
/// <param name="First">Training sample with the largest influence; -1 when all are NaN.</param>
/// <param name="FirstValue">Its influence.</param>
/// <param name="Second">Training sample with the second largest influence; -1 for none.</param>
/// <param name="SecondValue">Its influence.</param>
public readonly record struct InfluenceMargin(int First, float FirstValue, int Second, float SecondValue)
{
    /// <summary>
    /// Top-1 influence margin (arXiv 2506.20481): largest over second largest influence. Near 1 there is another training
    /// sample that does the same. Infinity when only the largest is positive, NaN when none is.
    /// </summary>
    public double Value => !(FirstValue > 0) ? double.NaN : SecondValue > 0 ? (double)FirstValue / SecondValue : double.PositiveInfinity;
}

/// <summary>What the row maxima of an influence matrix say.</summary>
public static class InfluenceMargins
{
    /// <summary>The two strongest proponents of every row; ties go to the lower index, NaN is passed over.</summary>
    public static InfluenceMargin[] Compute(InfluenceTiles tiles)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        var margins = new InfluenceMargin[tiles.TestCount];
        foreach (InfluenceTile tile in tiles)
        {
            for (int row = 0; row < tile.TestCount; row++)
            {
                margins[tile.TestStart + row] = TopTwo(tile.Row(row));
            }
        }

        return margins;
    }

    /// <summary>Groups of training samples that stand in for each other.</summary>
    /// <remarks>
    /// A sample whose margin is at most the threshold, and which is one of its own two strongest proponents, belongs
    /// together with the other one. Groups are the connected components.
    /// </remarks>
    /// <param name="margins">Of the influence of training samples on themselves.</param>
    /// <param name="threshold">Largest margin of a near-duplicate; unique samples have margins far above.</param>
    /// <returns>Groups of at least two samples, each in increasing order, by their first sample.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> NearDuplicates(IReadOnlyList<InfluenceMargin> margins, double threshold = 2)
    {
        ArgumentNullException.ThrowIfNull(margins);
        int[] parent = [.. Enumerable.Range(0, margins.Count)];
        for (int t = 0; t < margins.Count; t++)
        {
            int other = Other(t);
            if (other >= 0 && margins[t].Value <= threshold)
            {
                parent[Root(other)] = Root(t);
            }
        }

        return [.. Enumerable.Range(0, margins.Count).GroupBy(Root).Where(g => g.Count() > 1).Select(g => (IReadOnlyList<int>)[.. g]).OrderBy(g => g[0])];

        int Other(int t) => margins[t].First == t ? margins[t].Second : margins[t].Second == t ? margins[t].First : -1;

        int Root(int t)
        {
            while (parent[t] != t)
            {
                t = parent[t] = parent[parent[t]];
            }

            return t;
        }
    }

    private static InfluenceMargin TopTwo(ReadOnlySpan<float> row)
    {
        int first = -1, second = -1;
        for (int i = 0; i < row.Length; i++)
        {
            if (float.IsNaN(row[i]))
            {
                continue;
            }

            if (first < 0 || row[i] > row[first])
            {
                (first, second) = (i, first);
            }
            else if (second < 0 || row[i] > row[second])
            {
                second = i;
            }
        }

        return new InfluenceMargin(first, first < 0 ? float.NaN : row[first], second, second < 0 ? float.NaN : row[second]);
    }
}
