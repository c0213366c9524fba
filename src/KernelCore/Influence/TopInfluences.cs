namespace KernelCore.Influence;

/// <summary>One of the strongest influences.</summary>
/// <param name="Index">The training sample of a test sample's list, the test sample of a training sample's list.</param>
/// <param name="Value">Influence; positive means proponent.</param>
public readonly record struct RankedInfluence(int Index, float Value);

/// <summary>
/// The k strongest proponents and opponents of every test sample, and the k test samples that every training sample
/// helps and harms most, kept while an influence matrix streams by.
/// </summary>
/// <remarks>
/// Memory 16 k (tests + trains) bytes. Equal values rank by lower index. NaN takes part in no list. A list is
/// shorter than k where there are fewer samples. Not thread safe.
/// </remarks>
public sealed class TopInfluences
{
    private readonly TopList[] _proponents, _opponents, _helped, _harmed;

    /// <summary>Creates empty lists.</summary>
    /// <param name="testCount">Rows of the matrix.</param>
    /// <param name="trainCount">Columns of the matrix.</param>
    /// <param name="count">Length of each list, k, at least 1.</param>
    public TopInfluences(int testCount, int trainCount, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        (_proponents, _opponents) = (Lists(testCount, sign: 1), Lists(testCount, sign: -1));
        (_helped, _harmed) = (Lists(trainCount, sign: 1), Lists(trainCount, sign: -1));
    }

    /// <summary>Length of each list, k.</summary>
    public int Count { get; }

    /// <summary>Takes in a tile; pass it to <see cref="InfluenceTiles.Tap"/>.</summary>
    public void Observe(InfluenceTile tile)
    {
        for (int row = 0; row < tile.TestCount; row++)
        {
            int test = tile.TestStart + row;
            ReadOnlySpan<float> values = tile.Row(row);
            for (int train = 0; train < values.Length; train++)
            {
                float value = values[train];
                _proponents[test].Offer(train, value);
                _opponents[test].Offer(train, value);
                _helped[train].Offer(test, value);
                _harmed[train].Offer(test, value);
            }
        }
    }

    /// <summary>Training samples with the largest influence on a test sample, largest first.</summary>
    public IReadOnlyList<RankedInfluence> Proponents(int test) => _proponents[test].ToArray();

    /// <summary>Training samples with the smallest influence on a test sample, smallest first.</summary>
    public IReadOnlyList<RankedInfluence> Opponents(int test) => _opponents[test].ToArray();

    /// <summary>Test samples that a training sample influences most, largest first.</summary>
    public IReadOnlyList<RankedInfluence> Helped(int train) => _helped[train].ToArray();

    /// <summary>Test samples that a training sample influences least, smallest first.</summary>
    public IReadOnlyList<RankedInfluence> Harmed(int train) => _harmed[train].ToArray();

    private TopList[] Lists(int samples, float sign)
    {
        var lists = new TopList[samples];
        for (int i = 0; i < samples; i++)
        {
            lists[i] = new TopList(Count, sign);
        }

        return lists;
    }

    /// <summary>A short sorted list; almost every offer fails the first comparison.</summary>
    private sealed class TopList(int capacity, float sign)
    {
        private readonly List<RankedInfluence> _entries = [];
        private float _threshold = float.NegativeInfinity;

        public void Offer(int index, float value)
        {
            float key = sign * value;
            if (float.IsNaN(key) || (_entries.Count == capacity && key <= _threshold))
            {
                return;
            }

            if (_entries.Count == capacity)
            {
                _entries.RemoveAt(capacity - 1);
            }

            int at = _entries.Count;
            while (at > 0 && sign * _entries[at - 1].Value < key)
            {
                at--;
            }

            _entries.Insert(at, new RankedInfluence(index, value));
            _threshold = sign * _entries[^1].Value;
        }

        public RankedInfluence[] ToArray() => [.. _entries];
    }
}
