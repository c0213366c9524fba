using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>
/// sum_i c_i grad_i with c_i = min(1, C / ||grad_i||). Gradients that the norm has to form, and those of biases at many
/// positions, are kept for a block of samples until its clip factors are known, and are summed from there. All others take
/// a second product over all samples.
/// </summary>
/// <remarks>
/// A block is as many samples as fit in 8 MiB: never is a batch x parameter array stored. Layers are kept in the order of their
/// positions, which is what forming a gradient again costs, as long as 16 samples fit.
/// </remarks>
internal sealed class ClippedSums
{
    private const int BlockFloats = 1 << 21, LeastSamples = 16, LeastPositions = 32;

    private readonly GradientResult _result;
    private readonly ParameterVector _weights;
    private readonly IKernels _kernels;
    private readonly HashSet<ParameterUses> _aligned = [], _kept = [];
    private readonly Workspace _workspace;
    private readonly Block[] _blocks;
    private readonly float[] _coefficients;

    /// <summary>Plans the blocks.</summary>
    /// <param name="captures">What to sum.</param>
    /// <param name="result">Where norms, dots and sums go.</param>
    /// <param name="weights">The weights the captures were made with.</param>
    /// <param name="workspace">Memory for the gradients of a block; stays the caller's.</param>
    public ClippedSums(CaptureSet captures, GradientResult result, ParameterVector weights, Workspace workspace)
    {
        (Captures, _result, _weights, _kernels, _workspace) = (captures, result, weights, weights.Flat.Device.Kernels, workspace);
        long floats = 0;
        var layers = new List<Layer>();
        foreach (ParameterUses weight in captures.Parameters.Where(p => WeightAlignment.IsOnePass(p, result)).OrderByDescending(p => p.Captures[0].Positions))
        {
            var layer = new Layer(weight, NormCost.Choose(weight));
            if (weight.Captures[0].Positions >= LeastPositions && layer.Floats > 0 && floats + layer.Floats <= BlockFloats / LeastSamples)
            {
                layers.Add(layer);
                floats += layer.Floats;
            }
        }

        int batch = result.Batch, most = (int)(BlockFloats / Math.Max(1, floats));
        int count = (int)(((long)batch + most - 1) / most), samples = count == 0 ? 0 : (batch + count - 1) / count;
        _coefficients = new float[batch];
        _blocks = [.. Enumerable.Range(0, count).Select(b => new Block(b * samples, Math.Min(samples, batch - (b * samples)), result))];
        if (count > 0)
        {
            layers.ForEach(layer => Plan(layer, samples));
        }
    }

    /// <summary>What is summed.</summary>
    public CaptureSet Captures { get; }

    /// <summary>Whether <see cref="Run"/> fills the norms and dots of this parameter.</summary>
    public bool Aligns(ParameterUses parameter) => _aligned.Contains(parameter);

    /// <summary>Completes norms and dots, and sums.</summary>
    /// <param name="clip">C.</param>
    public void Run(double clip)
    {
        foreach (Block block in _blocks)
        {
            foreach (AlignedLayer layer in block.Layers)
            {
                _kernels.PerSample.Alignment(layer.Use, layer.Formula, layer.Weight, layer.Places);
            }

            _kernels.Parameters.SumRows(_result.SquaredNorms!.ByParameter, _result.SquaredNorms.Total);
            SetCoefficients(block, clip);
            foreach (KeptGradients kept in block.Gradients)
            {
                _kernels.PerSample.WeightedSum(kept.AsUses, ParameterRole.Weight, block.Coefficients, block.First == 0 ? 0 : 1, kept.Sum);
            }
        }

        for (int i = 0; i < Captures.Parameters.Count; i++)
        {
            ParameterUses parameter = Captures.Parameters[i];
            if (!_kept.Contains(parameter))
            {
                _kernels.PerSample.WeightedSum(parameter.Uses, parameter.Role, _result.ClipCoefficients, 0, _result.ClippedSum![parameter.Parameter]);
            }
        }
    }

    private void SetCoefficients(Block block, double clip)
    {
        Span<float> coefficients = _coefficients.AsSpan(0, block.Count);
        block.SquaredNorms.CopyTo(coefficients);
        for (int i = 0; i < coefficients.Length; i++)
        {
            double norm = Math.Sqrt(coefficients[i]);
            coefficients[i] = norm <= clip ? 1 : (float)(clip / norm);
        }

        block.Coefficients.CopyFrom(coefficients);
    }

    private void Plan(Layer layer, int samples)
    {
        Tensor? weights = Keep(layer.KeepsWeight ? layer.Weight : null, layer.WeightFloats, samples);
        Tensor? biases = Keep(layer.Weight.Partner, layer.BiasFloats, samples);
        _aligned.Add(layer.Weight);
        if (layer.Weight.Partner is { } bias)
        {
            _aligned.Add(bias);
        }

        LayerAlignment places = WeightAlignment.Places(layer.Weight, _result);
        foreach (Block block in _blocks)
        {
            Tensor? blockWeights = Rows(weights, 0, block.Count), blockBiases = Rows(biases, 0, block.Count);
            block.Layers.Add(new AlignedLayer(
                CaptureSet.Samples(layer.Weight.Captures[0], block.First, block.Count), layer.Formula, _weights[layer.Weight.Parameter], new LayerAlignment
                {
                    WeightNorms = Rows(places.WeightNorms, block.First, block.Count),
                    WeightDots = Rows(places.WeightDots, block.First, block.Count),
                    BiasNorms = Rows(places.BiasNorms, block.First, block.Count),
                    BiasDots = Rows(places.BiasDots, block.First, block.Count),
                    WeightGradients = blockWeights,
                    BiasGradients = blockBiases,
                }));
            Sum(block, layer.Weight, blockWeights);
            Sum(block, layer.Weight.Partner, blockBiases);
        }
    }

    private Tensor? Keep(ParameterUses? parameter, long floats, int samples)
    {
        if (parameter is null)
        {
            return null;
        }

        _kept.Add(parameter);
        return _workspace.Next([samples, (int)floats]);
    }

    private void Sum(Block block, ParameterUses? parameter, Tensor? gradients)
    {
        if (parameter is not null && gradients is not null)
        {
            block.Gradients.Add(new KeptGradients([AsCapture(parameter, gradients)], _result.ClippedSum![parameter.Parameter]));
        }
    }

    /// <summary>Gradients as the capture of a weight that is added to every sample: its gradient is its backprop.</summary>
    private static LayerCapture AsCapture(ParameterUses parameter, Tensor gradients)
    {
        int floats = gradients.Shape[1];
        return new LayerCapture
        {
            Layer = parameter.Captures[0].Layer,
            Kind = CaptureKind.Broadcast,
            Batch = gradients.Shape[0],
            Positions = 1,
            WeightShape = [1, floats],
            Layout = new ChannelLayout(1, floats, 1),
            Backprop = gradients,
        };
    }

    private static Tensor? Rows(Tensor? tensor, int first, int count) => tensor switch
    {
        null => null,
        { Shape.Rank: 1 } => tensor.View(first, [count]),
        _ => tensor.View((long)first * tensor.Shape[1], [count, tensor.Shape[1]]),
    };

    /// <summary>A layer whose pass goes block by block.</summary>
    private readonly record struct Layer(ParameterUses Weight, NormFormula Formula)
    {
        public bool KeepsWeight => Formula == NormFormula.Direct;

        public long WeightFloats => Weight.Captures[0].WeightShape.Count;

        public long BiasFloats => Weight.Partner is null ? 0 : Weight.Captures[0].Layout.Channels;

        /// <summary>What is kept of one sample.</summary>
        public long Floats => (KeepsWeight ? WeightFloats : 0) + BiasFloats;
    }

    private sealed class Block(int first, int count, GradientResult result)
    {
        public int First => first;

        public int Count => count;

        public Tensor SquaredNorms { get; } = result.SquaredNorms!.Total.View(first, [count]);

        public Tensor Coefficients { get; } = result.ClipCoefficients!.View(first, [count]);

        public List<AlignedLayer> Layers { get; } = [];

        public List<KeptGradients> Gradients { get; } = [];
    }

    private sealed record AlignedLayer(LayerCapture Use, NormFormula Formula, Tensor Weight, LayerAlignment Places);

    private sealed record KeptGradients(LayerCapture[] AsUses, Tensor Sum);
}
