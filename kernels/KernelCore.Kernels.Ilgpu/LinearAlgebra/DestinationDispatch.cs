namespace KernelCore.Kernels.Ilgpu;

/// <summary>What to do with a destination once its type is known.</summary>
internal interface IDestinationUse
{
    void With<TTo>(in TTo to)
        where TTo : struct, IDestination;
}

/// <summary>From an optional activation to the type of the destination.</summary>
internal static class DestinationDispatch
{
    /// <summary>Runs <paramref name="use"/> with a destination, and with where an activation of it goes.</summary>
    public static void Run<TUse>(in Destination to, ActivatedOutput? activated, TUse use)
        where TUse : struct, IDestinationUse
    {
        if (activated is { } activation)
        {
            ActivationDispatch.Run(activation.Kind, new ActivatedUse<TUse>(to, activation, use));
        }
        else
        {
            use.With(to);
        }
    }

    private readonly struct ActivatedUse<TUse>(Destination to, ActivatedOutput activated, TUse use) : IActivationUse
        where TUse : struct, IDestinationUse
    {
        public void With<TFunction>()
            where TFunction : struct, IActivation =>
            use.With(new ActivatedDestination<TFunction>(to, DeviceMemory.Of(activated.Output), activated.Output.Stride, activated.Slope));
    }
}
