namespace KernelCore.Kernels;

/// <summary>What to do with a non-linearity once its type is known.</summary>
internal interface IActivationUse
{
    void With<TFunction>()
        where TFunction : struct, IActivation;
}

/// <summary>What to do with the derivatives of a smooth non-linearity once its type is known.</summary>
internal interface IActivationDerivativesUse
{
    void With<TFunction>()
        where TFunction : struct, IActivationDerivatives;
}

/// <summary>From the name of a non-linearity to its type: the one list for all backends.</summary>
internal static class ActivationDispatch
{
    /// <summary>Runs <paramref name="use"/> with the non-linearity.</summary>
    public static void Run<TUse>(ActivationKind kind, TUse use)
        where TUse : struct, IActivationUse
    {
        switch (kind)
        {
            case ActivationKind.Relu: use.With<Relu>(); break;
            case ActivationKind.LeakyRelu: use.With<LeakyRelu>(); break;
            case ActivationKind.Gelu: use.With<Gelu>(); break;
            case ActivationKind.GeluTanh: use.With<GeluTanh>(); break;
            case ActivationKind.Silu: use.With<Silu>(); break;
            case ActivationKind.Tanh: use.With<HyperbolicTangent>(); break;
            case ActivationKind.Sigmoid: use.With<Logistic>(); break;
            case ActivationKind.Softplus: use.With<Softplus>(); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    /// <summary>Whether a non-linearity consists of straight pieces: its second derivative is taken for 0 everywhere.</summary>
    public static bool IsStraight(ActivationKind kind) => kind is ActivationKind.Relu or ActivationKind.LeakyRelu;

    /// <summary>Runs <paramref name="use"/> with the derivatives of a non-linearity that bends.</summary>
    public static void RunDerivatives<TUse>(ActivationKind kind, TUse use)
        where TUse : struct, IActivationDerivativesUse
    {
        switch (kind)
        {
            case ActivationKind.Gelu: use.With<GeluDerivatives>(); break;
            case ActivationKind.GeluTanh: use.With<GeluTanhDerivatives>(); break;
            case ActivationKind.Silu: use.With<SiluDerivatives>(); break;
            case ActivationKind.Tanh: use.With<TanhDerivatives>(); break;
            case ActivationKind.Sigmoid: use.With<LogisticDerivatives>(); break;
            case ActivationKind.Softplus: use.With<SoftplusDerivatives>(); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }
}
