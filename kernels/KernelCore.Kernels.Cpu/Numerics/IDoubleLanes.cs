namespace KernelCore.Kernels.Cpu;

/// <summary>A register of double lanes loaded from float32 memory: the arithmetic of reductions and moments.</summary>
/// <remarks>Implemented by <see cref="DoubleLanes8"/>, <see cref="DoubleLanes"/> and, for tails, <see cref="DoubleLane"/>.</remarks>
internal unsafe interface IDoubleLanes<TSelf>
    where TSelf : struct, IDoubleLanes<TSelf>
{
    /// <summary>Number of lanes.</summary>
    static abstract int Count { get; }

    /// <summary>Widens <see cref="Count"/> floats.</summary>
    static abstract TSelf Load(float* source);

    static abstract TSelf Load(double* source);

    static abstract TSelf Broadcast(double value);

    /// <summary>Rounds to float32.</summary>
    void Store(float* destination);

    void Store(double* destination);

    /// <summary>Sum of the lanes, in a fixed order.</summary>
    double Sum();

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    /// <summary>a b, but 0 where a is 0 even if b is infinite: the limit of e^s s as s falls to minus infinity.</summary>
    static abstract TSelf ProductOrZero(TSelf a, TSelf b);
}
