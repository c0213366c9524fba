using KernelCore.Conformance;
using KernelCore.Conformance.PerSample;

namespace KernelCore.Kernels.Ilgpu.Tests;

// Every suite on warps of 32.
public sealed class GemmWarp32 : GemmConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class ActivatedGemmWarp32 : ActivatedGemmConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class ConvolutionWarp32 : ConvolutionConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class ActivationWarp32 : ActivationConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class PoolingWarp32 : PoolingConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class ChannelWarp32 : ChannelConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class SegmentNormWarp32 : SegmentNormConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class AttentionWarp32 : AttentionConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class TokenWarp32 : TokenConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class CrossEntropyWarp32 : CrossEntropyConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class HeadScoresWarp32 : HeadScoresConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class VectorWarp32 : VectorConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class OptimizerWarp32 : OptimizerConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class ActivationTangentWarp32 : ActivationTangentConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class NormalizationTangentWarp32 : NormalizationTangentConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class AttentionTangentWarp32 : AttentionTangentConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class SelectionTangentWarp32 : SelectionTangentConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class CrossEntropyCurvatureWarp32 : CrossEntropyCurvatureConformance { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class SquaredNormsWarp32 : SquaredNormsSuite { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class DotsWarp32 : DotsSuite { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class OutputDotsWarp32 : OutputDotsSuite { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class AlignmentWarp32 : AlignmentSuite { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class GramWarp32 : GramSuite { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class WeightedSumWarp32 : WeightedSumSuite { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class SquaredSumWarp32 : SquaredSumSuite { protected override Func<Device> Open => TestDevices.Warp32; }

public sealed class MaterialiseWarp32 : MaterialiseSuite { protected override Func<Device> Open => TestDevices.Warp32; }

// Those that reduce rows, whose code depends on the width of a warp, on warps of 64.
public sealed class ChannelWarp64 : ChannelConformance { protected override Func<Device> Open => TestDevices.Warp64; }

public sealed class SegmentNormWarp64 : SegmentNormConformance { protected override Func<Device> Open => TestDevices.Warp64; }

public sealed class AttentionWarp64 : AttentionConformance { protected override Func<Device> Open => TestDevices.Warp64; }

public sealed class HeadScoresWarp64 : HeadScoresConformance { protected override Func<Device> Open => TestDevices.Warp64; }

public sealed class VectorWarp64 : VectorConformance { protected override Func<Device> Open => TestDevices.Warp64; }

public sealed class NormalizationTangentWarp64 : NormalizationTangentConformance { protected override Func<Device> Open => TestDevices.Warp64; }

public sealed class CrossEntropyCurvatureWarp64 : CrossEntropyCurvatureConformance { protected override Func<Device> Open => TestDevices.Warp64; }
