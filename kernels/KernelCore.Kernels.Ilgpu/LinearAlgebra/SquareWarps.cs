using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Where the threads of a group are in a square of Side x Side: those of a warp in 4 rows of 8, so that together they read 4 words of the one
/// operand and 8 of the other. Groups of less than a warp go row by row.
/// </summary>
internal static class SquareWarps
{
    private const int Width = 32, Rows = 4, Columns = 8;

    public static int Down(int side) => side < Columns ? Group.IdxX / side : (Group.IdxX / Width / (side / Columns) * Rows) + (Group.IdxX % Width / Columns);

    public static int Across(int side) => side < Columns ? Group.IdxX % side : (Group.IdxX / Width % (side / Columns) * Columns) + (Group.IdxX % Columns);
}
