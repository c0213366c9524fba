using System.Runtime.ExceptionServices;

namespace KernelCore.Torch;

/// <summary>The curvature of a loss in its outputs f, as autograd meets it: the Jacobian of c = dloss/df, whose values are given.</summary>
/// <param name="product">(d2loss/df2) t of a tangent t of f, [batch, outputs].</param>
internal sealed class OutputCurvature(Func<TorchTensor, TorchTensor> product) : IDisposable
{
    private TorchTensor? _tangent, _curved;
    private ExceptionDispatchInfo? _error;

    /// <summary>c as a function of f.</summary>
    /// <param name="outputs">f, with a graph.</param>
    /// <param name="cotangent">Values of c.</param>
    public TorchTensor Bend(TorchTensor outputs, TorchTensor cotangent) => Cotangent.apply(outputs, this, new Values(cotangent)).DetachFromDisposeScope();

    /// <summary>(d2loss/df2) t, remembered with t until the next; stays this object's.</summary>
    public TorchTensor Apply(TorchTensor tangent)
    {
        Clear();
        _tangent = tangent.detach().DetachFromDisposeScope();
        return _curved = product(_tangent).DetachFromDisposeScope();
    }

    /// <summary>t o (d2loss/df2) t of the last tangent; null if there was none since <see cref="Clear"/>.</summary>
    public TorchTensor? Quadratic() => _tangent is null ? null : _tangent * _curved!;

    /// <summary>Forgets the last tangent.</summary>
    public void Clear()
    {
        _tangent?.Dispose();
        _curved?.Dispose();
        (_tangent, _curved) = (null, null);
    }

    /// <summary>Throws what a backward pass could not, because it runs in libtorch.</summary>
    public void ThrowIfFailed()
    {
        ExceptionDispatchInfo? error = _error;
        _error = null;
        error?.Throw();
    }

    public void Dispose() => Clear();

    // The function passes on a tensor among its arguments as one that has a gradient.
    private sealed record Values(TorchTensor Tensor);

    /// <summary>Made by TorchSharp, once: what belongs to a graph travels in its context.</summary>
    private sealed class Cotangent : torch.autograd.SingleTensorFunction<Cotangent>
    {
        private const string Curvature = "curvature";

        public override string Name => "KernelCore.LossCotangent";

        public override TorchTensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_data(Curvature, vars[1]);
            return ((Values)vars[2]).Tensor.clone();
        }

        public override List<TorchTensor> backward(torch.autograd.AutogradContext ctx, TorchTensor grad_output)
        {
            var curvature = (OutputCurvature)ctx.get_data(Curvature);
            using (grad_output)
            {
                try
                {
                    // Its memory has to outlast this call: libtorch reads the handle.
                    return [curvature.Apply(grad_output), null!, null!];
                }
                catch (Exception error)
                {
                    curvature._error = ExceptionDispatchInfo.Capture(error);
                    return [curvature._curved = torch.zeros_like(grad_output).DetachFromDisposeScope(), null!, null!];
                }
            }
        }
    }
}
