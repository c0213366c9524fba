using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>sum x, in double.</summary>
internal struct ValueSum : IRowSum
{
    public ArrayView<float> X;
    public double Total;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => new(TWord.Load(X, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int column, Operands<float> x) => Total += x.A;
}

/// <summary>sum x y, in double.</summary>
internal struct DotSum : IRowSum
{
    public ArrayView<float> X, Y;
    public double Total;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => new(TWord.Load(X, at), TWord.Load(Y, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int column, Operands<float> x) => Total += (double)x.A * x.B;
}

/// <summary>sum x^2, in double.</summary>
internal struct SquareSum : IRowSum
{
    public ArrayView<float> X;
    public double Total;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => new(TWord.Load(X, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int column, Operands<float> x) => Total += (double)x.A * x.A;
}

/// <summary>x = factor x.</summary>
internal struct RowScale : IRowMap
{
    public ArrayView<float> X;
    public float Factor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<TWord> Load<TWord>(int at, int column)
        where TWord : struct, IWord<TWord> => new(TWord.Load(X, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Operands<float> Take(int column, Operands<float> x) => new(x.A * Factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store<TWord>(int at, Operands<TWord> results)
        where TWord : struct, IWord<TWord> => TWord.Store(X, at, results.A);
}
