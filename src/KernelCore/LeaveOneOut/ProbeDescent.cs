using KernelCore.Kernels;

namespace KernelCore.LeaveOneOut;

/// <summary>Gradient descent of a probe on all samples and, beside it, of the probes that leave one out.</summary>
/// <remarks>
/// Stochastic gradient descent with momentum and weight decay is linear in weights, gradient and velocity, so the deviation of a
/// probe from the base obeys the same recursion, with the difference of the two gradients: it starts at zero and keeps its digits.
/// </remarks>
internal sealed class ProbeDescent : IDisposable
{
    private readonly ProbeInputs _inputs;
    private readonly DescentOptions _training;
    private readonly BasePredictions _base;
    private readonly Tensor _weights, _gradient, _velocity, _losses;
    private readonly IndexTensor _labels;

    public ProbeDescent(ProbeInputs inputs, DescentOptions training)
    {
        training.Validate();
        (_inputs, _training) = (inputs, training);
        Device device = inputs.Device;
        Shape weights = [inputs.Classes, inputs.Width], logits = [inputs.Count, inputs.Classes];
        (_weights, _gradient, _velocity) = (device.Allocate(weights), device.Allocate(weights), device.Allocate(weights));
        _base = new BasePredictions(device.Allocate(logits), device.Allocate(logits));
        (_losses, _labels) = (device.Allocate([inputs.Count]), device.AllocateIndices([inputs.Count], inputs.Data.Labels.AsSpan()));
    }

    /// <summary>Trains the base alone and returns its weights, [C, W].</summary>
    public float[] Train(CancellationToken cancellationToken)
    {
        Start();
        for (int t = 0; t < _training.Epochs; t++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Predict();
            Step(t);
        }

        float[] weights = _weights.ToArray();
        return Array.TrueForAll(weights, float.IsFinite)
            ? weights
            : throw new KernelCoreException($"the probe diverged with learning rate {_training.LearningRate}: use a smaller one, or smaller features");
    }

    /// <summary>Trains the base and the probes that leave samples out.</summary>
    /// <param name="family">Carries them.</param>
    /// <param name="leftOut">Sample that each probe leaves out.</param>
    /// <param name="linear">
    /// Iterative approximate cross-validation (arXiv 2303.02732): the gradient of a probe is taken to first order around the base of
    /// the same step, grad L_-i(W) + H_-i(W) D.
    /// </param>
    /// <param name="deviations">D, [probes x C, W], overwritten.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public void LeaveOut(ProbeFamily family, ReadOnlySpan<int> leftOut, bool linear, Tensor deviations, CancellationToken cancellationToken)
    {
        IParameterKernels kernels = _inputs.Device.Kernels.Parameters;
        using Tensor gradient = _inputs.Device.Allocate(deviations.Shape), velocity = _inputs.Device.Allocate(deviations.Shape);
        float others = 1f / (_inputs.Count - 1), difference = (float)((1.0 / (_inputs.Count - 1)) - (1.0 / _inputs.Count));
        deviations.Fill(0);
        Start();
        for (int t = 0; t < _training.Epochs; t++)
        {
            Predict();
            family.GradientChange(deviations, leftOut, _base, linear, gradient, cancellationToken);

            // Of the mean over N - 1 samples minus that over N: the base's own sum counts a little more.
            kernels.Scale(others, gradient);
            for (int k = 0; k < leftOut.Length; k++)
            {
                kernels.Axpy(difference, _gradient, gradient.View(k * _gradient.Count, _gradient.Shape));
            }

            kernels.Sgd(_training.Step(t), deviations, gradient, velocity);
            Step(t);
        }
    }

    public void Dispose()
    {
        foreach (Tensor tensor in new[] { _weights, _gradient, _velocity, _losses })
        {
            tensor.Dispose();
        }

        _base.Dispose();
        _labels.Dispose();
    }

    private void Start()
    {
        _weights.CopyFrom(_training.InitialWeights(_inputs.Device, _inputs.Classes, _inputs.Width));
        _velocity.Fill(0);
    }

    /// <summary>The base's predictions, and the gradient of the sum of its losses.</summary>
    private void Predict()
    {
        IKernels kernels = _inputs.Device.Kernels;
        Matrix all = Matrix.Of(_inputs.Rows);
        kernels.LinearAlgebra.Gemm(false, true, 1, all, Matrix.Of(_weights), 0, Matrix.Of(_base.Logits));
        kernels.Losses.CrossEntropy(_base.Logits, _labels, 1, _losses, _base.Cotangents);
        kernels.LinearAlgebra.Gemm(true, false, 1, Matrix.Of(_base.Cotangents), all, 0, Matrix.Of(_gradient));
    }

    private void Step(int t)
    {
        _inputs.Device.Kernels.Parameters.Scale(1f / _inputs.Count, _gradient);
        _inputs.Device.Kernels.Parameters.Sgd(_training.Step(t), _weights, _gradient, _velocity);
    }
}
