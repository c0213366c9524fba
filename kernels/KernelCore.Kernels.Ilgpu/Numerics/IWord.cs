using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Neighbouring floats that a thread loads, computes with and stores together.</summary>
internal interface IWord<TSelf> : IReal<TSelf>
    where TSelf : struct, IWord<TSelf>
{
    /// <summary>Word <paramref name="i"/> of a view.</summary>
    static abstract TSelf Load(ArrayView<float> view, int i);

    static abstract void Store(ArrayView<float> view, int i, TSelf word);
}
