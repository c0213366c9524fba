namespace KernelCore.Kernels;

/// <summary>The operations of one device, by family.</summary>
/// <remarks>
/// All kernels: caller owns every tensor, nothing is allocated on the managed heap in steady state, outputs must not
/// overlap inputs unless an operation says it works in place, sizes are trusted (validated at the public edge), and
/// results are bit-identical for every thread count on the same instruction set. NaN in gives NaN out.
/// The scalar definition of each operation is in the namespace <c>KernelCore.Kernels.Definitions</c>.
/// </remarks>
public interface IKernels
{
    /// <summary>Matrix products.</summary>
    ILinearAlgebra LinearAlgebra { get; }

    /// <summary>Forward and backward rules of layers.</summary>
    ILayerKernels Layers { get; }

    /// <summary>Derivatives of the layer rules along a direction in parameter space.</summary>
    ITangentKernels Tangents { get; }

    /// <summary>Losses and the fused head kernel.</summary>
    ILossKernels Losses { get; }

    /// <summary>Reductions of per-sample gradients.</summary>
    IPerSampleKernels PerSample { get; }

    /// <summary>Vector operations and optimiser steps on parameters.</summary>
    IParameterKernels Parameters { get; }
}
