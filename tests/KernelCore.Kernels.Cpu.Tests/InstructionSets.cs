namespace KernelCore.Kernels.Cpu.Tests;

/// <summary>Marks the test classes that <see cref="InstructionSetMatrixTests"/> repeats with instruction sets switched off.</summary>
public static class InstructionSets
{
    /// <summary>Name of the trait: <c>[Trait(InstructionSets.Trait, InstructionSets.All)]</c>.</summary>
    public const string Trait = "InstructionSets";

    /// <summary>Value of the trait.</summary>
    public const string All = "All";
}
