using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>A model that has exact second derivatives: the built-in network by tangent rules, others by double backward.</summary>
public interface ICurvatureModel : IModel
{
    /// <summary>Prepares derivatives of the loss along directions in parameter space, in evaluation mode.</summary>
    /// <param name="batch">Samples; they must stay alive as long as the result.</param>
    /// <param name="loss">Loss of each sample.</param>
    /// <returns>A point of its own: passes of the model leave it alone. Owned by the caller, disposed before the model.</returns>
    ILinearization Linearize(Batch batch, Loss loss);
}

/// <summary>
/// A model and the losses of a batch around its current weights. Products along several directions share the forward and
/// the backward pass.
/// </summary>
/// <remarks>
/// H_i is the Hessian of sample i's loss in the trainable parameters, G_i = J_i^T (d2loss/doutputs2) J_i its generalised
/// Gauss-Newton matrix, J_i the Jacobian of the outputs. Frozen parameters have zero rows and columns. Not thread safe. On the CPU
/// activations and backprops, and weights of the built-in network, stay packed from the second product at a point on: up to twice their memory more.
/// </remarks>
public interface ILinearization : IDisposable
{
    /// <summary>Loss of each sample, [batch].</summary>
    Tensor Losses { get; }

    /// <summary>Captures of the backward pass with unscaled cotangents: the per-sample gradients at this point.</summary>
    CaptureSet Captures { get; }

    /// <summary>Moves the point to the model's current weights and the batch's current content.</summary>
    void Update();

    /// <summary>result = beta result + sum_i H_i v.</summary>
    /// <param name="direction">v; what it holds for frozen parameters is ignored.</param>
    /// <param name="beta">Factor of the old content; with 0 it is not read.</param>
    /// <param name="result">Sum over the batch; another vector than <paramref name="direction"/>.</param>
    /// <param name="perSample">[batch], receives v^T H_i v; null when not wanted.</param>
    void HessianProduct(ParameterVector direction, float beta, ParameterVector result, Tensor? perSample = null);

    /// <summary>result = beta result + sum_i G_i v. Needs no ordinary backward pass.</summary>
    /// <inheritdoc cref="HessianProduct" path="/param[@name != 'perSample']"/>
    /// <param name="perSample">[batch], receives v^T G_i v; null when not wanted.</param>
    void GaussNewtonProduct(ParameterVector direction, float beta, ParameterVector result, Tensor? perSample = null);
}
