using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Training;

/// <summary>Gathers samples of a data set into batches on a device, reusing two batches: the full one and the rest.</summary>
/// <remarks>No allocation after the first full and the first partial batch. Not thread safe.</remarks>
public sealed class BatchLoader : IDisposable
{
    private readonly Dataset _data;
    private readonly Device _device;
    private readonly int _batchSize;
    private Batch? _full, _rest;
    private float[] _features = [];
    private int[] _tokens = [], _labels = [];

    /// <summary>Creates a loader.</summary>
    /// <param name="data">Samples.</param>
    /// <param name="device">Where the batches go.</param>
    /// <param name="batchSize">Samples of a full batch; more than the data set has means all of it.</param>
    public BatchLoader(Dataset data, Device device, int batchSize)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        (_data, _device, _batchSize) = (data, device, Math.Min(batchSize, data.Count));
    }

    /// <summary>Number of batches that cover the data once.</summary>
    public int BatchCount => (_data.Count + _batchSize - 1) / _batchSize;

    /// <summary>The indices of batch <paramref name="number"/> within an order of all samples.</summary>
    public ReadOnlySpan<int> Slice(ReadOnlySpan<int> order, int number)
    {
        int start = number * _batchSize;
        return order.Slice(start, Math.Min(_batchSize, _data.Count - start));
    }

    /// <summary>Fills a batch with these samples. The batch is the loader's own and is refilled by a later call.</summary>
    /// <param name="indices">Samples, at most the batch size.</param>
    public Batch Load(ReadOnlySpan<int> indices)
    {
        Batch batch = indices.Length == _batchSize ? _full ??= Create(_batchSize) : Rest(indices.Length);
        if (_device.Kind == DeviceKind.Cpu && batch.Features is { } hostFeatures)
        {
            _data.CopySamples(indices, hostFeatures.Span);
            _data.CopyLabels(indices, batch.Labels!.Span);
            return batch;
        }

        if (_labels.Length < _batchSize)
        {
            int size = _batchSize * _data.SampleSize;
            (_features, _tokens, _labels) = (new float[size], new int[_data.IsTokens ? size : 0], new int[_batchSize]);
        }

        Span<float> features = _features.AsSpan(0, indices.Length * _data.SampleSize);
        Span<int> labels = _labels.AsSpan(0, indices.Length);
        _data.CopySamples(indices, features);
        _data.CopyLabels(indices, labels);
        batch.Labels!.CopyFrom(labels);
        if (batch.Tokens is { } tokens)
        {
            TensorPrimitives.ConvertTruncating<float, int>(features, _tokens);
            tokens.CopyFrom(_tokens.AsSpan(0, features.Length));
        }
        else
        {
            batch.Features!.CopyFrom(features);
        }

        return batch;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _full?.Dispose();
        _rest?.Dispose();
    }

    private Batch Rest(int count)
    {
        if (_rest is null || _rest.Count != count)
        {
            _rest?.Dispose();
            _rest = Create(count);
        }

        return _rest;
    }

    private Batch Create(int count) => new()
    {
        Features = _data.IsTokens ? null : _device.Allocate(_data.SampleShape.Prepend(count)),
        Tokens = _data.IsTokens ? _device.AllocateIndices(_data.SampleShape.Prepend(count)) : null,
        Labels = _device.AllocateIndices([count]),
    };
}
