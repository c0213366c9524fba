using System.Runtime.InteropServices;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace KernelCore.Torch;

/// <summary>
/// A TorchSharp module as a model: whatever KernelCore computes for its own networks, it computes for the module. The module stays as it is and its
/// owner's; libtorch runs it forward and backward, KernelCore's kernels do the rest.
/// </summary>
/// <remarks>
/// <para>
/// Modules below must be called through <c>call()</c>; <c>forward()</c> runs past the hooks that see layer inputs. One backward
/// pass to those layers gives all backprops, no weight gradient is computed, and the <c>grad</c> fields stay untouched. The first
/// batch of every sample shape is checked on two samples: per-sample gradients from captures against those of libtorch's
/// autograd, sample by sample. What does not agree (a parameter used outside its module, <c>forward()</c> called
/// directly, samples that depend on each other) is refused with the parameter's name.
/// </para>
/// <para>
/// On the CPU nothing is copied: the module's parameters are moved into one block of memory that <see cref="Parameters"/> views, so an edit of either is
/// one of both, and captures are views of torch's tensors. Float32. One pass at a time; not thread safe.
/// </para>
/// </remarks>
public sealed class TorchModel : ICurvatureModel
{
    private readonly ModuleParameters _parameters;
    private readonly ModuleTaps _taps;
    private readonly TorchMemory _memory;
    private readonly HeadFinder _head;
    private readonly Dictionary<(Shape Sample, bool Tokens), ModulePlan> _plans = [];
    private TorchPass? _pass;

    /// <summary>Attaches to a module.</summary>
    /// <param name="module">Maps [batch, ...] real numbers, or [batch, tokens] 64-bit indices, to [batch, outputs].</param>
    /// <param name="device">Where KernelCore's kernels run; null for the CPU. Independent of where the module is.</param>
    /// <param name="rules">How modules use their parameters; null for <see cref="CaptureRules.Default"/>.</param>
    /// <param name="head">Name of the final Linear, for head scores; null takes the last one, if the module returns its output.</param>
    /// <exception cref="UnsupportedLayerException">A module with trainable parameters has no rule; the message says what to do.</exception>
    /// <exception cref="KernelCoreException">A parameter is not float32, or there is no Linear of the given name.</exception>
    public TorchModel(Module module, Device? device = null, CaptureRules? rules = null, string? head = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        Module = module;
        Device = device ?? CpuDevice.Shared;
        _memory = new TorchMemory(Device);
        _parameters = new ModuleParameters(module, _memory);
        try
        {
            _taps = new ModuleTaps(module, _parameters, rules ?? CaptureRules.Default);
            _head = new HeadFinder(module, _parameters, head);
        }
        catch
        {
            _taps?.Dispose();
            _parameters.Dispose();
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>The module.</summary>
    public Module Module { get; }

    /// <inheritdoc/>
    public Device Device { get; }

    /// <summary>The weights, in the order of <c>named_parameters()</c>; on the CPU the module's own memory.</summary>
    /// <remarks>On other devices a copy that every pass renews; edits reach the module by <see cref="WriteParameters"/>.</remarks>
    public ParameterVector Parameters => _parameters.Values;

    /// <summary>The final linear layer; null once a pass has shown that the module's output is not that of a linear layer.</summary>
    public Head? Head => _head.Head;

    /// <summary>State that is not trained, batch-norm statistics above all, by name: the module's own tensors.</summary>
    public IReadOnlyDictionary<string, TorchTensor> Buffers => Module.named_buffers().ToDictionary(b => b.name, b => b.buffer, StringComparer.Ordinal);

    /// <summary>Copies <see cref="Parameters"/> into the module, where the two are not the same memory.</summary>
    public void WriteParameters() => _parameters.Write();

    /// <inheritdoc/>
    /// <exception cref="KernelCoreException">The module refuses the input, its outputs are not [batch, outputs], or its captures fail the check.</exception>
    public IForwardPass Forward(Batch batch, ForwardMode mode)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _pass?.Dispose();
        _pass = null;
        return _pass = Run(batch, mode);
    }

    /// <inheritdoc/>
    public ILinearization Linearize(Batch batch, Loss loss)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(loss);
        return new TorchLinearization(this, batch, loss);
    }

    /// <summary>Compares per-sample gradients from captures with those of libtorch's autograd, for the first two samples of a batch.</summary>
    /// <returns>The largest error of each trainable parameter.</returns>
    public CaptureReport Validate(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _parameters.Refresh();
        using TorchTensor input = Input(batch);
        return new CaptureCheck(this).Run(input).Report;
    }

    /// <summary>Detaches from the module, which stays usable.</summary>
    public void Dispose()
    {
        _pass?.Dispose();
        _pass = null;
        _taps.Dispose();
        _head.Dispose();
        _parameters.Dispose();
        _memory.Dispose();
    }

    internal TorchMemory Memory => _memory;

    internal ModuleParameters ModuleParameters => _parameters;

    /// <summary>Where the module's parameters are.</summary>
    internal torch.Device Place => Module.parameters().FirstOrDefault()?.device ?? torch.CPU;

    /// <summary>A recorded pass that the caller owns. Its graph is kept for second derivatives, or given up by the backward pass.</summary>
    internal TorchPass Run(Batch batch, ForwardMode mode, bool keepsGraph = false)
    {
        _parameters.Refresh();
        using TorchTensor input = Input(batch);
        var key = (batch.InputShape.DropFirst(), batch.Tokens is not null);
        if (!_plans.TryGetValue(key, out ModulePlan? plan))
        {
            CheckedPlan result = new CaptureCheck(this).Run(input);
            result.Report.ThrowIfWrong();
            _head.Settle(result.HasHead);
            _plans.Add(key, plan = result.Plan);
        }

        return Run(input, mode, plan, keepsGraph);
    }

    /// <summary>Runs the module on an input of a known kind.</summary>
    internal TorchPass Run(TorchTensor input, ForwardMode mode, ModulePlan plan, bool keepsGraph = false)
    {
        var recording = new TapRecording(mode, (int)input.shape[0], plan.Axes);
        try
        {
            _head.Begin();
            TorchTensor output = Call(input, mode, recording);
            return new TorchPass(this, recording, output, _head.End(output), keepsGraph);
        }
        catch
        {
            recording.Dispose();
            throw;
        }
    }

    /// <summary>Calls the module with gradients on; the result belongs to the caller, everything in between is gone.</summary>
    internal TorchTensor Call(TorchTensor input, ForwardMode mode, Recording? recording = null)
    {
        if (torch.is_inference_mode_enabled())
        {
            throw new KernelCoreException("torch is in inference mode, which records no graph; leave it, no_grad is enough");
        }

        using var scope = torch.NewDisposeScope();
        using var gradientMode = torch.enable_grad();
        using IDisposable training = ModuleTree.Enter(Module, mode == ForwardMode.Training);
        using ModuleTaps.Session session = _taps.Record(recording);
        TorchTensor output;
        try
        {
            output = Module.call(input);
        }
        catch (ExternalException error)
        {
            throw Autograd.Failure(error);
        }

        long[] shape = output.shape;
        return shape.Length == 2 && shape[0] == input.shape[0]
            ? output.DetachFromDisposeScope()
            : throw new KernelCoreException($"the module's output should be [{input.shape[0]}, outputs], got [{string.Join(", ", shape)}]");
    }

    /// <summary>The input of a batch as the module takes it.</summary>
    internal TorchTensor Input(Batch batch)
    {
        if (batch.Count == 0)
        {
            throw new KernelCoreException("the batch has no samples");
        }

        return batch.Features is { } features ? _memory.Import(features, Place) : TorchMemory.Import(batch.Tokens!, Place);
    }
}
