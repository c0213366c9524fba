namespace KernelCore.Kernels.Cpu;

/// <summary>
/// The per-sample gradient of one parameter as a matrix [Rows, Columns]: the sum over all uses of the parameter, formed
/// tile by tile. Every query that needs whole gradients is a reduction of these tiles.
/// </summary>
/// <remarks>
/// Because the uses add up inside a tile before anything is squared, the cross terms of tied and reused weights come
/// out right by construction.
/// </remarks>
internal readonly unsafe struct ParameterGradient
{
    private readonly CaptureView* _uses;
    private readonly int _count;
    private readonly ParameterRole _role;

    public ParameterGradient(CaptureView* uses, int count, ParameterRole role, int batch)
    {
        _uses = uses;
        _count = count;
        _role = role;
        Batch = batch;
        (Rows, Columns) = role == ParameterRole.Bias ? (uses->Layout.Channels, 1) : (uses->Rows, uses->Columns);
        AllLookups = role == ParameterRole.Weight;
        for (int u = 0; u < count; u++)
        {
            AllLookups &= uses[u].Kind == CaptureKind.Lookup;
            FlopsPerElement += role == ParameterRole.Weight && uses[u].Kind is CaptureKind.Linear or CaptureKind.Convolution ? 2.0 * uses[u].Positions : 2;
        }
    }

    public int Batch { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Elements of the parameter.</summary>
    public long Count => (long)Rows * Columns;

    /// <summary>Whether the gradient has few non-zero rows: those of the indices that occur.</summary>
    public bool AllLookups { get; }

    /// <summary>About how many operations one element of one sample's gradient takes.</summary>
    public double FlopsPerElement { get; }

    /// <summary>Operations to form one sample's whole gradient and reduce it.</summary>
    public double FlopsPerSample => (FlopsPerElement + 2) * Count;

    public int Uses => _count;

    public ref readonly CaptureView this[int use] => ref _uses[use];

    /// <summary>Whether this is the weight of one use of the given kind.</summary>
    public bool IsSingle(CaptureKind kind) => _role == ParameterRole.Weight && _count == 1 && _uses->Kind == kind;

    /// <summary>One use alone: sums over samples may be taken use by use.</summary>
    public ParameterGradient Use(int use) => new(_uses + use, 1, _role, Batch);

    /// <summary>Writes a tile of the gradient of one sample.</summary>
    /// <param name="sample">Sample.</param>
    /// <param name="tile">Rows and columns.</param>
    /// <param name="destination">Overwritten; row r starts at r x stride.</param>
    /// <param name="stride">Elements between rows, at least the tile's columns.</param>
    /// <param name="scratch">Working memory of the thread.</param>
    public void Form(int sample, in Tile tile, float* destination, int stride, Scratch scratch)
    {
        for (int u = 0; u < _count; u++)
        {
            GradientTile.Add(_uses[u], _role, sample, tile, u == 0 ? 0 : 1, destination, stride, scratch);
        }
    }
}
