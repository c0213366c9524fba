using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Curvature;

/// <summary>
/// Forward and backward passes whose captures, squared and summed, make a Fisher matrix: of the given labels, of drawn ones, or
/// of every class with its cotangent scaled by the root of its probability.
/// </summary>
internal sealed class FisherPasses : IDisposable
{
    private readonly IModel _model;
    private readonly Loss _loss;
    private readonly KfacOptions _options;
    private Tensor? _losses;
    private IndexTensor? _labels;

    public FisherPasses(IModel model, Loss loss, KfacOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Draws);
        if (options.Type != FisherType.Empirical && !ReferenceEquals(loss, Loss.CrossEntropy))
        {
            throw new KernelCoreException($"the {options.Type} Fisher matrix needs the predictions of softmax cross-entropy; the loss '{loss.Name}' has the Empirical one");
        }

        (_model, _loss, _options) = (model, loss, options);
    }

    /// <summary>Calls back with the captures of every pass over the batches.</summary>
    /// <param name="batches">All samples.</param>
    /// <param name="use">Gets the captures and the number of the pass over this batch, from 0.</param>
    /// <param name="progress">Told the samples done.</param>
    /// <param name="cancellation">Checked before every pass.</param>
    /// <returns>Number of samples, times the number of drawn labels: what to divide a sum over passes by.</returns>
    public double Run(
        IEnumerable<Batch> batches, Action<CaptureSet, int> use, IProgress<IterationProgress>? progress, CancellationToken cancellation)
    {
        int samples = 0;
        foreach (Batch batch in batches)
        {
            int passes = 1;
            for (int pass = 0; pass < passes; pass++)
            {
                cancellation.ThrowIfCancellationRequested();
                IForwardPass forward = _model.Forward(batch, ForwardMode.Evaluation);
                passes = _options.Type switch
                {
                    FisherType.Empirical => 1,
                    FisherType.True => _options.Draws,
                    _ => forward.Outputs.Shape[-1],
                };
                WriteCotangent(forward, batch, pass, samples);
                use(forward.Backward(), pass);
            }

            samples += batch.Count;
            progress?.Report(new IterationProgress(samples, samples, 0));
        }

        return samples == 0
            ? throw new KernelCoreException("a Fisher matrix needs at least one sample")
            : (double)samples * (_options.Type == FisherType.True ? _options.Draws : 1);
    }

    public void Dispose()
    {
        _losses?.Dispose();
        _labels?.Dispose();
    }

    private void WriteCotangent(IForwardPass forward, Batch batch, int pass, int firstSample)
    {
        int count = batch.Count;
        if (_losses?.Count != count)
        {
            Dispose();
            _losses = _model.Device.Allocate([count]);
            _labels = _model.Device.AllocateIndices([count]);
        }

        if (_options.Type == FisherType.Empirical)
        {
            _loss.Evaluate(forward.Outputs, batch, 1, _losses, forward.Cotangent);
            return;
        }

        if (_options.Type == FisherType.True)
        {
            _labels!.CopyFrom(DrawLabels(forward.Outputs, pass, firstSample));
        }
        else
        {
            _labels!.Fill(pass);
        }

        _model.Device.Kernels.Losses.CrossEntropy(forward.Outputs, _labels, 1, _losses, forward.Cotangent);
        if (_options.Type == FisherType.TypeI)
        {
            // The loss is -log p: its cotangent counts with weight p in the squared sum.
            float[] roots = _losses.ToArray();
            for (int i = 0; i < count; i++)
            {
                roots[i] = (float)Math.Exp(-roots[i] / 2.0);
            }

            _losses.CopyFrom(roots);
            _model.Device.Kernels.Parameters.ScaleRows(_losses, forward.Cotangent);
        }
    }

    /// <summary>One label per sample, by inversion of the softmax distribution function.</summary>
    private int[] DrawLabels(Tensor outputs, int draw, int firstSample)
    {
        float[] logits = outputs.ToArray();
        int classes = outputs.Shape[-1];
        var labels = new int[outputs.Shape[0]];
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<float> row = logits.AsSpan(i * classes, classes);
            float largest = System.Numerics.Tensors.TensorPrimitives.Max(row);
            double total = 0;
            foreach (float logit in row)
            {
                total += Math.Exp(logit - largest);
            }

            double left = Philox.Uniform(_options.Seed, (ulong)draw, (ulong)(firstSample + i)) * VectorAlgebra.RequireFinite(total, "label sampling", draw);
            int label = 0;
            while (label < classes - 1 && (left -= Math.Exp(row[label] - largest)) >= 0)
            {
                label++;
            }

            labels[i] = label;
        }

        return labels;
    }
}
