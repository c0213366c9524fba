using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>The buffers and steps of a network for one input shape, and the pass that last ran through them.</summary>
internal sealed class NetworkPass : IForwardPass, IDisposable
{
    private readonly PlanMemory _memory = new();
    private readonly StepSequence _steps;
    private readonly bool _hasHead;
    private readonly CaptureSet?[] _captures = new CaptureSet?[2];
    private object? _input;
    private Tensor? _cotangent;
    private ForwardMode _mode;

    public NetworkPass(Network network, Shape inputShape)
    {
        InputShape = inputShape;
        _hasHead = network.Head is not null;
        _steps = StepSequence.Create(network.Layers.Select((layer, i) => ($"{i}", layer)), new StepContext(network, _memory, ""));
    }

    public Shape InputShape { get; }

    public Tensor Outputs => _steps.Output;

    public Tensor? HeadInput => _hasHead && _steps.Steps[^1].Input is { Shape.Rank: 2 } input ? input : null;

    public Tensor Cotangent
    {
        get
        {
            if (_cotangent is null)
            {
                _cotangent = _memory.Keep(Outputs.Device.Allocate(Outputs.Shape));
                // The cotangent itself stays intact: the caller wrote it, and the head's capture refers to it.
                _steps.PlanBackward(new GradientSlot(_cotangent, MayOverwrite: false), needInput: false);
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
            _steps.Bind(batch.Features, batch.Tokens);
            _input = input;
            Array.Clear(_captures);
        }

        _steps.Forward(mode);
    }

    public CaptureSet Backward()
    {
        _ = Cotangent;
        _steps.Backward();
        return _captures[(int)_mode] ??= new CaptureSet([.. _steps.Captures(_mode)], InputShape[0]);
    }

    public void Dispose() => _memory.Dispose();
}
