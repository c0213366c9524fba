using KernelCore.Conformance.PerSample;

namespace KernelCore.Kernels.Cpu.Tests.PerSample;

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class SquaredNormsOneThread : SquaredNormsSuite { protected override Func<Device> Open => () => new CpuDevice(1); }

public sealed class SquaredNormsThreeThreads : SquaredNormsSuite { protected override Func<Device> Open => () => new CpuDevice(3); }

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class DotsOneThread : DotsSuite { protected override Func<Device> Open => () => new CpuDevice(1); }

public sealed class DotsThreeThreads : DotsSuite { protected override Func<Device> Open => () => new CpuDevice(3); }

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class OutputDotsOneThread : OutputDotsSuite { protected override Func<Device> Open => () => new CpuDevice(1); }

public sealed class OutputDotsThreeThreads : OutputDotsSuite { protected override Func<Device> Open => () => new CpuDevice(3); }

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class AlignmentOneThread : AlignmentSuite { protected override Func<Device> Open => () => new CpuDevice(1); }

public sealed class AlignmentThreeThreads : AlignmentSuite { protected override Func<Device> Open => () => new CpuDevice(3); }

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class GramOneThread : GramSuite { protected override Func<Device> Open => () => new CpuDevice(1); }

public sealed class GramThreeThreads : GramSuite { protected override Func<Device> Open => () => new CpuDevice(3); }

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class WeightedSumOneThread : WeightedSumSuite { protected override Func<Device> Open => () => new CpuDevice(1); }

public sealed class WeightedSumThreeThreads : WeightedSumSuite { protected override Func<Device> Open => () => new CpuDevice(3); }

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class SquaredSumOneThread : SquaredSumSuite { protected override Func<Device> Open => () => new CpuDevice(1); }

public sealed class SquaredSumThreeThreads : SquaredSumSuite { protected override Func<Device> Open => () => new CpuDevice(3); }

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class MaterialiseOneThread : MaterialiseSuite { protected override Func<Device> Open => () => new CpuDevice(1); }

public sealed class MaterialiseThreeThreads : MaterialiseSuite { protected override Func<Device> Open => () => new CpuDevice(3); }
