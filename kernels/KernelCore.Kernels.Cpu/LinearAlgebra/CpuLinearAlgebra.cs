namespace KernelCore.Kernels.Cpu;

/// <summary>Matrix products on the worker pool.</summary>
internal sealed unsafe class CpuLinearAlgebra(CpuDevice device) : ILinearAlgebra
{
    /// <inheritdoc/>
    public void Gemm(
        bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias = null, ActivatedOutput? activated = null)
    {
        GemmProblem problem = Problem(transposeA, transposeB, alpha, a, b, beta, c, bias);
        if (activated is { } activation)
        {
            (problem.Kind, problem.Slope) = (activation.Kind, activation.Slope);
            problem.Activated = HostMemory.Of(activation.Output.Tensor) + activation.Output.Offset;
            problem.RowActivated = activation.Output.Stride;
        }

        Cpu.Gemm.Run(problem, device);
    }

    /// <inheritdoc/>
    public void GemmSum(bool transposeA, bool transposeB, Matrix a, Matrix b, Matrix nextA, Matrix nextB, Matrix c, Tensor? bias = null) =>
        Cpu.Gemm.Run(Problem(transposeA, transposeB, 1, a, b, 0, c, null), Problem(transposeA, transposeB, 1, nextA, nextB, 1, c, bias), device);

    private static GemmProblem Problem(bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias) => new(
        transposeA, transposeB, c.Rows, c.Columns, transposeA ? a.Rows : a.Columns, alpha, HostMemory.Of(a.Tensor) + a.Offset, a.Stride,
        HostMemory.Of(b.Tensor) + b.Offset, b.Stride, beta, HostMemory.Of(c.Tensor) + c.Offset, c.Stride, HostMemory.Of(bias))
    {
        HeldA = HeldMatrix.Of(a),
        HeldB = HeldMatrix.Of(b),
    };
}
