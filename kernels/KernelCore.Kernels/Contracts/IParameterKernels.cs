namespace KernelCore.Kernels;

/// <summary>Constants of one Adam or AdamW step.</summary>
/// <param name="LearningRate">Step size.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the corrected second moment.</param>
/// <param name="WeightDecay">Coefficient of the weights: added to the gradient (Adam) or subtracted from the weights (AdamW).</param>
/// <param name="Decoupled">True for AdamW.</param>
/// <param name="Step">Number of this step, from 1, for the bias corrections.</param>
public readonly record struct AdamStep(
    float LearningRate, float Beta1, float Beta2, float Epsilon, float WeightDecay, bool Decoupled, int Step);

/// <summary>Constants of one SGD step.</summary>
/// <param name="LearningRate">Step size.</param>
/// <param name="Momentum">Decay of the velocity; 0 for plain SGD.</param>
/// <param name="WeightDecay">Coefficient of the weights, added to the gradient.</param>
/// <param name="Nesterov">Look ahead along the velocity.</param>
/// <param name="First">Whether this is the first step (the velocity then starts as the gradient, as in PyTorch).</param>
public readonly record struct SgdStep(float LearningRate, float Momentum, float WeightDecay, bool Nesterov, bool First);

/// <summary>Vector operations and optimiser steps on parameters; tensors of equal count, any shape.</summary>
public interface IParameterKernels
{
    /// <summary>y = alpha x + y.</summary>
    void Axpy(float alpha, Tensor x, Tensor y);

    /// <summary>x = alpha x.</summary>
    void Scale(float alpha, Tensor x);

    /// <summary>x . y, accumulated in double in blocks of fixed size. Waits for the device.</summary>
    double Dot(Tensor x, Tensor y);

    /// <summary>One step of stochastic gradient descent, PyTorch's form: g += wd w; v = mu v + g; w -= lr (nesterov ? g + mu v : v).</summary>
    void Sgd(in SgdStep step, Tensor weights, Tensor gradient, Tensor velocity);

    /// <summary>One step of Adam or AdamW, PyTorch's form.</summary>
    void Adam(in AdamStep step, Tensor weights, Tensor gradient, Tensor firstMoment, Tensor secondMoment);

    /// <summary>result[i] = sum over rows k of values[k, i], added in double in increasing k.</summary>
    /// <param name="values">[rows, columns].</param>
    /// <param name="result">[columns].</param>
    void SumRows(Tensor values, Tensor result);

    /// <summary>Scales every row of a matrix by its own factor: x[i, :] *= factors[i].</summary>
    /// <param name="factors">[rows].</param>
    /// <param name="x">[rows, ...].</param>
    void ScaleRows(Tensor factors, Tensor x);

    /// <summary>destination[i, :] = source[i, :]: rows into a wider matrix.</summary>
    /// <param name="source">[rows, columns], contiguous.</param>
    /// <param name="destination">As many rows and columns, at any stride.</param>
    void CopyRows(Tensor source, Matrix destination);
}
