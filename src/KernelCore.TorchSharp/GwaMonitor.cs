using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Scoring;
using Linear = TorchSharp.Modules.Linear;

namespace KernelCore.Torch;

/// <summary>Gradient-weight alignment (arXiv 2510.25480) in a training loop of one's own: one line per batch, one per epoch.</summary>
/// <remarks>
/// Costs one pass over the logits and no backward pass. Scores are taken at the weights of the batch's own step: observe
/// before the optimiser steps. Not thread safe.
/// </remarks>
public sealed class GwaMonitor : IDisposable
{
    private readonly TorchMemory _memory = new(CpuDevice.Shared);
    private readonly GwaAccumulator _accumulator;
    private readonly HeadModel _head;
    private readonly HeadScorer _scorer;

    /// <summary>Watches the final linear layer of a classifier.</summary>
    /// <param name="head">The layer whose output are the logits.</param>
    /// <param name="samples">Training samples whose latest score is kept by id; 0 to keep none.</param>
    public GwaMonitor(Linear head, int samples = 0)
    {
        ArgumentNullException.ThrowIfNull(head);
        _accumulator = new GwaAccumulator(samples);
        _head = new HeadModel(head, _memory);
        _scorer = new HeadScorer(_head);
    }

    /// <summary>Latest score of each sample, by id; NaN for a sample not observed yet.</summary>
    public ReadOnlySpan<float> LatestScores => _accumulator.LatestScores;

    /// <summary>Scores a batch.</summary>
    /// <param name="logits">[batch, classes], with or without a graph.</param>
    /// <param name="labels">[batch], integers in [0, classes).</param>
    /// <param name="headInput">What the head was applied to, [batch, width].</param>
    /// <param name="sampleIds">Ids of the samples, if scores are kept; empty otherwise.</param>
    /// <returns>The alignment of each sample; negative where a step on it would shrink the weights along themselves.</returns>
    /// <exception cref="KernelCoreException">The shapes do not fit the head, or a label is no class.</exception>
    public float[] Observe(TorchTensor logits, TorchTensor labels, TorchTensor headInput, ReadOnlySpan<int> sampleIds = default)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(headInput);
        _head.Refresh();
        Shape weight = _head.Parameters[0].Shape, expected = [(int)logits.shape[0], weight[0]], input = [expected[0], weight[1]];
        if (TorchMemory.ShapeOf(logits) != expected || TorchMemory.ShapeOf(headInput) != input)
        {
            throw new KernelCoreException(
                $"a head of weight {weight} takes inputs [batch, {weight[1]}] to logits [batch, {weight[0]}], got {TorchMemory.ShapeOf(headInput)} and {TorchMemory.ShapeOf(logits)}");
        }

        using Tensor outputs = _memory.Export(logits), z = _memory.Export(headInput);
        using IndexTensor classes = _memory.ExportIndices(labels, TorchMemory.ShapeOf(labels));
        HeadScores scores = _scorer.Compute(new HeadPass(outputs, z), classes);
        ReadOnlySpan<float> gamma = scores[HeadQuantity.Gwa];
        if (sampleIds.IsEmpty)
        {
            _accumulator.Add(gamma);
        }
        else
        {
            _accumulator.Add(sampleIds, gamma);
        }

        return gamma.ToArray();
    }

    /// <summary>Ends the epoch.</summary>
    public GwaEpoch CloseEpoch() => _accumulator.CloseEpoch();

    /// <inheritdoc/>
    public void Dispose()
    {
        _scorer.Dispose();
        _head.Dispose();
        _memory.Dispose();
    }

    /// <summary>A model of which only the head is known.</summary>
    private sealed class HeadModel : IModel
    {
        private readonly ModuleParameters _parameters;

        public HeadModel(Linear head, TorchMemory memory)
        {
            _parameters = new ModuleParameters(head, memory);
            Device = memory.Device;
            Head = new Head(_parameters.IndexOf("weight"), _parameters.IndexOf("bias"));
        }

        public Device Device { get; }

        public ParameterVector Parameters => _parameters.Values;

        public Head? Head { get; }

        public void Refresh() => _parameters.Refresh();

        public IForwardPass Forward(Batch batch, ForwardMode mode) => throw new NotSupportedException("the loop that is watched runs the model");

        public void Dispose() => _parameters.Dispose();
    }

    private sealed record HeadPass(Tensor Outputs, Tensor? HeadInput) : IForwardPass
    {
        public Tensor Cotangent => throw new NotSupportedException("the loop that is watched runs the backward pass");

        public CaptureSet Backward() => throw new NotSupportedException("the loop that is watched runs the backward pass");
    }
}
