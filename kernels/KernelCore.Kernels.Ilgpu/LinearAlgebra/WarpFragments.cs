namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// What one thread of a warp holds of a 16 x 8-word block of the left operand and of four 8 x 8-word blocks of the right
/// one, 8 columns apart.
/// </summary>
/// <remarks>
/// With g = lane / 4, t = lane % 4: A0 (row g, word t), A1 (g + 8, t), A2 (g, t + 4), A3 (g + 8, t + 4); of each block of
/// the right operand (column g, word t) and (g, t + 4). In words the layout is one for all formats: PTX ISA,
/// "Matrix Fragments for mma.m16n8k8" and "... mma.m16n8k16".
/// </remarks>
internal struct WarpFragments
{
    public int A0, A1, A2, A3, B0, B1, B2, B3, B4, B5, B6, B7;
}
