using System.Numerics;
using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>As many doubles as fit the processor's <see cref="Vector{T}"/>.</summary>
internal readonly unsafe struct DoubleLanes : IDoubleLanes<DoubleLanes>
{
    private readonly Vector<double> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private DoubleLanes(Vector<double> lanes) => _lanes = lanes;

    public static int Count => Vector<double>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Load(float* source) => new(Widening.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Load(double* source) => new(Vector.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Broadcast(double value) => new(new Vector<double>(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => Widening.Store(_lanes, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(double* destination) => Vector.Store(_lanes, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Sum() => Vector.Sum(_lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes operator +(DoubleLanes a, DoubleLanes b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes operator -(DoubleLanes a, DoubleLanes b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes operator *(DoubleLanes a, DoubleLanes b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes ProductOrZero(DoubleLanes a, DoubleLanes b) =>
        new(Vector.ConditionalSelect(Vector.Equals(a._lanes, Vector<double>.Zero), Vector<double>.Zero, a._lanes * b._lanes));
}
