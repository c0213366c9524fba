namespace KernelCore.Kernels.Ilgpu;

/// <summary>What one thread of a warp holds of two blocks of 16 rows x 8 words of the left operand.</summary>
/// <remarks>
/// With g = lane / 4, t = lane % 4: A0 (row g, word t), A1 (g + 8, t), A2 (g, t + 4), A3 (g + 8, t + 4); then those of the
/// second block. In words the layout is one for all formats: PTX ISA, "Matrix Fragments for mma.m16n8k8" and "... mma.m16n8k16".
/// </remarks>
internal struct LeftFragments
{
    public int A0, A1, A2, A3, A4, A5, A6, A7;
}

/// <summary>What it holds of two blocks of 8 columns x 8 words of the right operand: B0 (column g, word t), B1 (g, t + 4); then those of the second block.</summary>
internal struct RightFragments
{
    public int B0, B1, B2, B3;
}
