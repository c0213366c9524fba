using KernelCore.Kernels;

namespace KernelCore.LeaveOneOut;

/// <summary>Predictions that a family of probes deviates from, on the device.</summary>
/// <param name="Logits">[N, C].</param>
/// <param name="Cotangents">p - y, [N, C].</param>
internal sealed record BasePredictions(Tensor Logits, Tensor Cotangents) : IDisposable
{
    public static BasePredictions Of(ProbePoint point) => new(point.Upload(point.Logits), point.Upload(point.Cotangents));

    public void Dispose()
    {
        Logits.Dispose();
        Cotangents.Dispose();
    }
}

/// <summary>
/// Many probes on the same samples, each with one of them left out: weights W + D_m, of which only the deviations D_m are kept. One
/// GEMM gives the logits of all probes, another their gradients.
/// </summary>
/// <remarks>
/// Logits and cotangents are those of the base plus a change, and gradients are of changes: so what a single sample does among
/// many keeps its digits in float32. Samples go through in blocks that stay in cache.
/// </remarks>
internal sealed class ProbeFamily : IDisposable
{
    private const int BlockElements = 1 << 18, OutputsPerFamily = 2048;

    private readonly ProbeInputs _inputs;
    private readonly int _blockRows;
    private readonly Tensor _logits, _tangents, _changes, _losses, _copies;
    private readonly IndexTensor _labels;
    private readonly int[] _hostLabels;

    public ProbeFamily(ProbeInputs inputs)
    {
        _inputs = inputs;
        Capacity = Math.Clamp(OutputsPerFamily / inputs.Classes, 1, inputs.Count);
        int outputs = Capacity * inputs.Classes;
        _blockRows = Math.Clamp(BlockElements / outputs, 1, inputs.Count);
        Device device = inputs.Device;
        (_logits, _tangents, _changes) = (device.Allocate([_blockRows, outputs]), device.Allocate([_blockRows, outputs]), device.Allocate([_blockRows, outputs]));
        (_losses, _labels, _hostLabels) = (device.Allocate([_blockRows * Capacity]), device.AllocateIndices([_blockRows * Capacity]), new int[_blockRows * Capacity]);
        var identities = new float[inputs.Classes * outputs];
        for (int column = 0; column < outputs; column++)
        {
            identities[((column % inputs.Classes) * outputs) + column] = 1;
        }

        _copies = device.Allocate([inputs.Classes, outputs], identities);
    }

    /// <summary>Receives the changes [rows, probes x C] of samples first, first + 1, ...; they may be overwritten.</summary>
    public delegate void UseChanges(int first, int rows, Tensor changes);

    /// <summary>Most probes at a time.</summary>
    public int Capacity { get; }

    /// <summary>For every sample and probe, how the prediction changes from the base to the probe.</summary>
    /// <param name="deviations">D, [probes x C, W].</param>
    /// <param name="leftOut">Sample that each probe leaves out.</param>
    /// <param name="origin">The base.</param>
    /// <param name="linear">To first order in D: S z D instead of p(W + D) - p(W).</param>
    /// <param name="removed">[N, C]: what a probe loses with the sample it leaves out; minus this is the change there.</param>
    /// <param name="use">Receives block after block.</param>
    /// <param name="cancellationToken">Checked before every block.</param>
    public void Changes(
        Tensor deviations, ReadOnlySpan<int> leftOut, BasePredictions origin, bool linear, Tensor removed, UseChanges use, CancellationToken cancellationToken)
    {
        IKernels kernels = _inputs.Device.Kernels;
        int probes = leftOut.Length, classes = _inputs.Classes, outputs = probes * classes;
        var copies = new Matrix(_copies, 0, classes, outputs, Capacity * classes);
        Matrix weights = new(deviations, outputs, _inputs.Width);
        for (int first = 0; first < _inputs.Count; first += _blockRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rows = Math.Min(_blockRows, _inputs.Count - first);
            Tensor logits = _logits.View(0, [rows * probes, classes]), changes = _changes.View(0, [rows * probes, classes]);
            Matrix allLogits = new(logits, rows, outputs), allChanges = new(changes, rows, outputs);
            kernels.LinearAlgebra.Gemm(false, false, 1, BlockOf(origin.Logits, first, rows), copies, 0, allLogits);
            if (linear)
            {
                Tensor tangents = _tangents.View(0, [rows * probes, classes]);
                kernels.LinearAlgebra.Gemm(false, true, 1, _inputs.Block(first, rows), weights, 0, new Matrix(tangents, rows, outputs));
                kernels.Tangents.CrossEntropyCurvature(logits, null, 1, tangents, changes);
            }
            else
            {
                kernels.LinearAlgebra.Gemm(false, true, 1, _inputs.Block(first, rows), weights, 1, allLogits);
                kernels.Losses.CrossEntropy(logits, LabelsOf(first, rows, probes), 1, _losses.View(0, [rows * probes]), changes);
                kernels.LinearAlgebra.Gemm(false, false, -1, BlockOf(origin.Cotangents, first, rows), copies, 1, allChanges);
            }

            for (int k = 0; k < probes; k++)
            {
                int row = leftOut[k] - first;
                if (row >= 0 && row < rows)
                {
                    Tensor own = changes.View(((long)(row * probes) + k) * classes, [classes]);
                    own.Fill(0);
                    kernels.Parameters.Axpy(-1, removed.View((long)leftOut[k] * classes, [classes]), own);
                }
            }

            use(first, rows, changes);
        }
    }

    /// <summary>gradient = the change, from the base to each probe, of the gradient of the sum of the losses; without the sample it leaves out.</summary>
    /// <inheritdoc cref="Changes" path="/param"/>
    /// <param name="gradient">[probes x C, W], overwritten.</param>
    public void GradientChange(
        Tensor deviations, ReadOnlySpan<int> leftOut, BasePredictions origin, bool linear, Tensor gradient, CancellationToken cancellationToken)
    {
        int outputs = leftOut.Length * _inputs.Classes;
        Changes(
            deviations, leftOut, origin, linear, origin.Cotangents,
            (first, rows, changes) => _inputs.Device.Kernels.LinearAlgebra.Gemm(
                true, false, 1, new Matrix(changes, rows, outputs), _inputs.Block(first, rows), first == 0 ? 0 : 1, new Matrix(gradient, outputs, _inputs.Width)),
            cancellationToken);
    }

    public void Dispose()
    {
        foreach (Tensor tensor in new[] { _logits, _tangents, _changes, _losses, _copies })
        {
            tensor.Dispose();
        }

        _labels.Dispose();
    }

    private Matrix BlockOf(Tensor values, int first, int rows) => new(values, (long)first * _inputs.Classes, rows, _inputs.Classes, _inputs.Classes);

    private IndexTensor LabelsOf(int first, int rows, int probes)
    {
        for (int row = 0; row < rows; row++)
        {
            _hostLabels.AsSpan(row * probes, probes).Fill(_inputs.Data.Labels[first + row]);
        }

        IndexTensor labels = _labels.View(0, [rows * probes]);
        labels.CopyFrom(_hostLabels.AsSpan(0, rows * probes));
        return labels;
    }
}
