using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Neighbouring floats that a thread loads, computes with and stores together.</summary>
internal interface IWord<TSelf> : IReal<TSelf>
    where TSelf : struct, IWord<TSelf>
{
    /// <summary>Binary logarithm of their number.</summary>
    static abstract int Shift { get; }

    /// <summary>Word <paramref name="i"/> of a view.</summary>
    static abstract TSelf Load(ArrayView<float> view, int i);

    static abstract void Store(ArrayView<float> view, int i, TSelf word);

    /// <summary>Does with every float of a word what a pass over a row does with an element, from the first to the last.</summary>
    static abstract Operands<TSelf> Apply<TPass>(ref TPass pass, int column, Operands<TSelf> words)
        where TPass : struct, IRowMap;
}
