using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>A destination C, and f(C) in another matrix.</summary>
/// <param name="to">C.</param>
/// <param name="activated">f(C).</param>
/// <param name="stride">Elements between rows of f(C).</param>
/// <param name="slope">Negative slope of the leaky rectifier.</param>
internal readonly struct ActivatedDestination<TFunction>(Destination to, ArrayView<float> activated, int stride, float slope) : IDestination
    where TFunction : struct, IActivation
{
    private readonly Destination _to = to;
    private readonly ArrayView<float> _activated = activated;
    private readonly int _stride = stride;
    private readonly float _slope = slope;

    public void Take<TTile>(TileFrame frame, Quad elements)
        where TTile : struct, ITile => TileStore.Run<TTile, ActivatedDestination<TFunction>>(this, frame, elements);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Store(int batch, int row, int column, float element)
    {
        float value = _to.Store(batch, row, column, element);
        _activated[(row * _stride) + column] = TFunction.Value(new Real(value), new Real(_slope)).Value;
        return value;
    }
}

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
