using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Influence;

/// <summary>
/// Copies of the captures of many samples. Captures of a pass are overwritten by the next pass; a block keeps them, so
/// that the gradients of two sets of samples can meet.
/// </summary>
/// <remarks>
/// Memory: activation plus backprop of the parametric layers, <see cref="BytesPerSample"/> for each sample; no
/// per-sample gradient. A linear layer with a bias becomes one without: its activation gets a column of ones and
/// its weight the bias as last column, so both cost one product.
/// </remarks>
internal sealed class CaptureBlock(int capacity) : IDisposable
{
    private readonly List<Slot> _slots = [];
    private CaptureSet? _captures;

    /// <summary>Samples held.</summary>
    public int Count { get; private set; }

    /// <summary>The captures of all samples held.</summary>
    public CaptureSet Captures => _captures ??= new CaptureSet(_slots.Select(s => s.Capture(Count)));

    /// <summary>Bytes that a block takes for each sample of these captures.</summary>
    public static long BytesPerSample(CaptureSet captures) =>
        captures.Captures.Sum(c => ((c.Activation?.Count ?? 0) + (c.Indices?.Count ?? 0) + c.Backprop.Count) * sizeof(float)) / Math.Max(1, captures.Batch);

    /// <summary>Forgets the samples, keeps the memory.</summary>
    public void Clear()
    {
        Count = 0;
        _captures = null;
    }

    /// <summary>Copies the samples of a pass behind those held.</summary>
    public void Append(CaptureSet captures)
    {
        if (_slots.Count == 0)
        {
            _slots.AddRange(captures.Captures.Select(c => new Slot(c, capacity, HasOwnBias(c, captures))));
        }

        for (int i = 0; i < _slots.Count; i++)
        {
            _slots[i].Copy(captures.Captures[i], Count);
        }

        Count += captures.Batch;
        _captures = null;
    }

    public void Dispose() => _slots.ForEach(s => s.Dispose());

    private static bool HasOwnBias(LayerCapture capture, CaptureSet captures) =>
        capture is { Kind: CaptureKind.Linear, WeightIndex: >= 0, BiasIndex: >= 0 }
        && captures.Captures.Count(c => c.WeightIndex == capture.WeightIndex || c.BiasIndex == capture.BiasIndex) == 1;

    /// <summary>The memory of one capture.</summary>
    private sealed class Slot : IDisposable
    {
        private readonly LayerCapture _description;
        private readonly Tensor? _activation;
        private readonly IndexTensor? _indices;
        private readonly Tensor _backprop;
        private readonly int _ones;

        public Slot(LayerCapture capture, int capacity, bool foldBias)
        {
            Device device = capture.Backprop.Device;
            _ones = foldBias ? 1 : 0;
            _backprop = device.Allocate([capacity, PerSample(capture.Backprop, capture)]);
            if (capture.WeightIndex >= 0 && capture.Activation is { } activation)
            {
                _activation = device.Allocate([capacity, PerSample(activation, capture) + (_ones * capture.Positions)]);
                if (foldBias)
                {
                    _activation.Fill(1);
                }
            }

            if (capture.Indices is not null)
            {
                _indices = device.AllocateIndices([capacity, capture.Positions]);
            }

            _description = capture with
            {
                Activation = _activation,
                Indices = _indices,
                Backprop = _backprop,
                Output = null,
                Bias = null,
                BiasIndex = foldBias ? -1 : capture.BiasIndex,
                WeightShape = foldBias ? capture.WeightShape.WithLast(capture.WeightColumns + 1) : capture.WeightShape,
            };
        }

        public LayerCapture Capture(int count) => _description with
        {
            Batch = count,
            Activation = _activation?.View(0, [count, _activation.Shape[1]]),
            Indices = _indices?.View(0, [count, _indices.Shape[1]]),
            Backprop = _backprop.View(0, [count, _backprop.Shape[1]]),
        };

        public void Copy(LayerCapture capture, int start)
        {
            IParameterKernels kernels = _backprop.Device.Kernels.Parameters;
            kernels.CopyRows(capture.Backprop, Rows(_backprop, start, capture.Batch, 1, 0));
            if (_activation is not null)
            {
                kernels.CopyRows(capture.Activation!, Rows(_activation, start, capture.Batch, _ones * capture.Positions, _ones));
            }

            if (_indices is not null)
            {
                _indices.View((long)start * capture.Positions, [capture.Batch, capture.Positions]).CopyFrom(capture.Indices!.ToArray());
            }
        }

        public void Dispose()
        {
            _activation?.Dispose();
            _indices?.Dispose();
            _backprop.Dispose();
        }

        private static int PerSample(Tensor tensor, LayerCapture capture) => (int)(tensor.Count / Math.Max(1, capture.Batch));

        /// <summary>The memory of some samples as rows, each cut into pieces that end in columns not to be written.</summary>
        private static Matrix Rows(Tensor memory, int start, int count, int pieces, int ones)
        {
            int stride = memory.Shape[1] / Math.Max(1, pieces);
            return new Matrix(memory, (long)start * memory.Shape[1], count * Math.Max(1, pieces), stride - ones, stride);
        }
    }
}
