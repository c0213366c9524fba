using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>The buffers and steps of a network for one input shape, and the pass that last ran through them.</summary>
internal sealed class NetworkPass : IForwardPass, IDisposable
{
    private readonly PlanMemory _memory;
    private readonly bool _hasHead;
    private readonly CaptureSet?[] _captures = new CaptureSet?[2];
    private object? _input;
    private Tensor? _cotangent;
    private ForwardMode _mode;

    /// <summary>Plans the steps.</summary>
    /// <param name="network">Whose layers.</param>
    /// <param name="inputShape">Of a batch.</param>
    /// <param name="keepsGradients">Whether tangents will be taken: the backward pass then overwrites nothing that they need.</param>
    public NetworkPass(Network network, Shape inputShape, bool keepsGradients = false)
    {
        InputShape = inputShape;
        _memory = new PlanMemory(keepsGradients);
        _hasHead = network.Head is not null;
        Steps = StepSequence.Create(network.Layers.Select((layer, i) => ($"{i}", layer)), new StepContext(network, _memory, ""));
    }

    public Shape InputShape { get; }

    public StepSequence Steps { get; }

    public Tensor Outputs => Steps.Output;

    /// <summary>The parameters, where tangents will be taken: objects of this pass's own, which can be held.</summary>
    public IReadOnlyList<Tensor> Parameters => _memory.Parameters;

    public Tensor? HeadInput => _hasHead && Steps.Steps[^1].Input is { Shape.Rank: 2 } input ? input : null;

    public Tensor Cotangent
    {
        get
        {
            if (_cotangent is null)
            {
                _cotangent = _memory.Keep(Outputs.Device.Allocate(Outputs.Shape));
                // The cotangent itself stays intact: the caller wrote it, and the head's capture refers to it.
                Steps.PlanBackward(new GradientSlot(_cotangent, MayOverwrite: false), needInput: false);
            }

            return _cotangent;
        }
    }

    public void Run(Batch batch, ForwardMode mode)
    {
        _mode = mode;
        object input = (object?)batch.Features ?? batch.Tokens!;
        if (!ReferenceEquals(input, _input))
        {
            Steps.Bind(batch.Features, batch.Tokens);
            _input = input;
            Array.Clear(_captures);
        }

        Steps.Forward(mode);
    }

    public CaptureSet Backward()
    {
        _ = Cotangent;
        Steps.Backward();
        return Captures;
    }

    /// <summary>What <see cref="Backward"/> returns; its backprops are filled by then.</summary>
    public CaptureSet Captures => _captures[(int)_mode] ??= new CaptureSet([.. Steps.Captures(_mode)], InputShape[0]);

    public void Dispose() => _memory.Dispose();
}
