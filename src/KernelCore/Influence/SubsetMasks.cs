using KernelCore.Kernels;

namespace KernelCore.Influence;

/// <summary>How training subsets are drawn.</summary>
public enum SubsetKind
{
    /// <summary>Every sample is in with the same probability, independently: estimates additive contributions without bias.</summary>
    Bernoulli,

    /// <summary>Every subset has the same size: estimates a_i minus the mean of the other contributions.</summary>
    FixedSize,
}

/// <summary>Which training samples each of M models is trained on. Immutable and thread safe.</summary>
public sealed class SubsetMasks
{
    private readonly bool[] _in;

    private SubsetMasks(int models, int samples, bool[] members) => (ModelCount, SampleCount, _in) = (models, samples, members);

    /// <summary>Number of models, M.</summary>
    public int ModelCount { get; }

    /// <summary>Number of training samples, n.</summary>
    public int SampleCount { get; }

    /// <summary>Whether a sample is in the training set of a model.</summary>
    public bool this[int model, int sample] => Of(model)[sample];

    /// <summary>Draws masks; the masks of the first models do not depend on how many there are.</summary>
    /// <param name="kind">Bernoulli: sample i is in model m when Philox.Uniform(seed, m, i) is below the fraction.
    /// FixedSize: the first round(fraction x n) of a Philox shuffle with stream m.</param>
    /// <param name="models">Number of models.</param>
    /// <param name="samples">Number of training samples.</param>
    /// <param name="fraction">Expected or exact fraction of the samples in a subset, in (0, 1).</param>
    /// <param name="seed">Same seed, same masks.</param>
    public static SubsetMasks Draw(SubsetKind kind, int models, int samples, double fraction, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(models, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        if (!(fraction is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), $"a fraction in (0, 1) is expected, got {fraction}");
        }

        var members = new bool[checked(models * samples)];
        for (int model = 0; model < models; model++)
        {
            Span<bool> mask = members.AsSpan(model * samples, samples);
            if (kind == SubsetKind.Bernoulli)
            {
                for (int i = 0; i < samples; i++)
                {
                    mask[i] = Philox.Uniform(seed, (ulong)model, (ulong)i) < fraction;
                }
            }
            else
            {
                mask[..(int)Math.Round(fraction * samples, MidpointRounding.AwayFromZero)].Fill(true);
                Philox.Shuffle(mask, seed, (ulong)model);
            }
        }

        return new SubsetMasks(models, samples, members);
    }

    /// <summary>Takes masks from elsewhere.</summary>
    /// <param name="models">Number of models.</param>
    /// <param name="members">Row-major, [models, samples]; copied.</param>
    public static SubsetMasks From(int models, ReadOnlySpan<bool> members)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(models, 1);
        return members.Length % models == 0
            ? new SubsetMasks(models, members.Length / models, members.ToArray())
            : throw new ArgumentException($"{members.Length} values are no matrix of {models} rows", nameof(members));
    }

    /// <summary>The same masks several times over: model m has the mask of model m mod M.</summary>
    /// <param name="times">At least 1.</param>
    public SubsetMasks Repeat(int times)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        return new SubsetMasks(checked(ModelCount * times), SampleCount, [.. Enumerable.Repeat(_in, times).SelectMany(mask => mask)]);
    }

    /// <summary>The mask of a model.</summary>
    public ReadOnlySpan<bool> Of(int model) => _in.AsSpan(model * SampleCount, SampleCount);

    /// <summary>The samples that a model is trained on, in increasing order.</summary>
    public int[] Subset(int model)
    {
        var subset = new List<int>();
        ReadOnlySpan<bool> mask = Of(model);
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i])
            {
                subset.Add(i);
            }
        }

        return [.. subset];
    }

    /// <summary>For each sample the number of models trained on it.</summary>
    public int[] Counts()
    {
        var counts = new int[SampleCount];
        for (int k = 0; k < _in.Length; k++)
        {
            counts[k % SampleCount] += _in[k] ? 1 : 0;
        }

        return counts;
    }

    /// <summary>The masks as a matrix of zeros and ones, [models, samples].</summary>
    internal Tensor ToTensor(Device device) => device.Allocate([ModelCount, SampleCount], Array.ConvertAll(_in, b => b ? 1f : 0f));
}
