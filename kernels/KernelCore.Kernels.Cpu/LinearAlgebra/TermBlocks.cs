namespace KernelCore.Kernels.Cpu;

/// <summary>
/// The terms of a product in blocks, of which B stays in the first-level cache. Blocks end where a dense product ends a depth, so that the
/// same terms are added up before they meet C.
/// </summary>
/// <param name="k">Terms of each sum, at least one.</param>
/// <param name="depth">Terms that a dense product takes at a time.</param>
/// <param name="most">Most terms of a block.</param>
internal readonly struct TermBlocks(int k, int depth, int most)
{
    public int K => k;

    public int Most => most;

    /// <summary>Parts: what a dense product takes at a time.</summary>
    public int Parts => Parallelism.Chunks(k, depth);

    public int Count => ((Parts - 1) * PerPart) + Parallelism.Chunks(k - ((Parts - 1) * depth), most);

    private int PerPart => Parallelism.Chunks(depth, most);

    /// <summary>The first term of a part.</summary>
    public int FirstOf(int part) => part * depth;

    /// <summary>Terms of a part.</summary>
    public int TermsOf(int part) => Math.Min(depth, k - FirstOf(part));

    /// <summary>The first block of a part.</summary>
    public int BlockOf(int part) => Math.Min(part * PerPart, Count);

    public int Part(int block) => block / PerPart;

    /// <summary>The first term of a block.</summary>
    public int First(int block) => FirstOf(Part(block)) + (block % PerPart * most);

    /// <summary>Terms of a block.</summary>
    public int Terms(int block) => Math.Min(most, FirstOf(Part(block)) + TermsOf(Part(block)) - First(block));

    /// <summary>Whether sums begin in this block.</summary>
    public bool Opens(int block) => block % PerPart == 0;
}
