namespace KernelCore.Torch;

/// <summary>Outputs f and u = J^T c as functions of the trainable parameters theta, to be differentiated along directions.</summary>
internal sealed class SecondDerivatives : IDisposable
{
    private readonly TorchTensor _outputs, _cotangent;
    private readonly TorchTensor[] _leaves;
    private readonly TorchTensor?[] _pulled;
    private readonly OutputCurvature _curvature;

    /// <summary>Records u.</summary>
    /// <param name="parameters">The module's.</param>
    /// <param name="outputs">f with its graph, which is kept; stays the caller's.</param>
    /// <param name="cotangent">c.</param>
    /// <param name="curvature">(d2loss/df2) t of a tangent t of f, [batch, outputs].</param>
    public SecondDerivatives(ModuleParameters parameters, TorchTensor outputs, TorchTensor cotangent, Func<TorchTensor, TorchTensor> curvature)
    {
        var trainable = parameters.Trainable.ToArray();
        Indices = [.. trainable.Select(p => p.Index)];
        _leaves = [.. trainable.Select(p => p.Parameter)];
        _outputs = outputs;
        _curvature = new OutputCurvature(curvature);
        _cotangent = _curvature.Bend(outputs, cotangent);
        _pulled = Autograd.Gradients([_outputs], [_cotangent], _leaves, keepGraph: true, differentiable: true);
    }

    /// <summary>Positions of the trainable parameters in the layout.</summary>
    public int[] Indices { get; }

    /// <summary>H v by parameter; null where it is zero.</summary>
    public TorchTensor?[] Hessian(TorchTensor[] v)
    {
        var (pulled, along) = Pairs(_pulled, v);
        _curvature.Clear();
        TorchTensor?[] result = Autograd.Gradients(pulled, along, _leaves, keepGraph: true);
        _curvature.ThrowIfFailed();
        return result;
    }

    /// <summary>G v by parameter; null where it is zero.</summary>
    public TorchTensor?[] GaussNewton(TorchTensor[] v)
    {
        var (pulled, along) = Pairs(_pulled, v);
        _curvature.Clear();
        using TorchTensor? tangent = Autograd.Gradients(pulled, along, [_cotangent], keepGraph: true)[0];
        return tangent is null ? new TorchTensor?[_leaves.Length] : Autograd.Gradients([_outputs], [_curvature.Apply(tangent)], _leaves, keepGraph: true);
    }

    /// <summary>J v o (d2loss/df2) J v of the last product, [batch, outputs].</summary>
    public TorchTensor Quadratic() => _curvature.Quadratic() ?? torch.zeros_like(_cotangent);

    /// <summary>c o d2f[v, v], [batch, outputs]. As d(u(w) . v)/dtheta . v is linear in w, its gradient in w is d2f[v, v].</summary>
    public TorchTensor SecondTangent(TorchTensor[] v)
    {
        var (pulled, along) = Pairs(_pulled, v);
        TorchTensor?[] curved = Autograd.Gradients(pulled, along, _leaves, keepGraph: true, differentiable: true);
        var (connected, directions) = Pairs(curved, v);
        using TorchTensor? second = Autograd.Gradients(connected, directions, [_cotangent], keepGraph: true)[0];
        Array.ForEach(curved, gradient => gradient?.Dispose());
        return second is null ? torch.zeros_like(_cotangent) : second * _cotangent.detach();
    }

    public void Dispose()
    {
        _cotangent.Dispose();
        _curvature.Dispose();
        Array.ForEach(_pulled, gradient => gradient?.Dispose());
    }

    private static (TorchTensor[] Gradients, TorchTensor[] Along) Pairs(TorchTensor?[] gradients, TorchTensor[] v)
    {
        var pairs = gradients.Zip(v).Where(p => p.First is not null).ToArray();
        return ([.. pairs.Select(p => p.First!)], [.. pairs.Select(p => p.Second)]);
    }
}
