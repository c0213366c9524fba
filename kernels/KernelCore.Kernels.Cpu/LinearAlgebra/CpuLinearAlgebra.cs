namespace KernelCore.Kernels.Cpu;

/// <summary>Matrix products on the worker pool.</summary>
internal sealed unsafe class CpuLinearAlgebra(CpuDevice device) : ILinearAlgebra
{
    // Below this many multiply-adds (about five microseconds of work) waking other threads costs more than it saves.
    private const long ParallelWork = 1 << 18;

    /// <inheritdoc/>
    public void Gemm(
        bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias = null, ActivatedOutput? activated = null)
    {
        int m = c.Rows, n = c.Columns, k = transposeA ? a.Rows : a.Columns;
        var problem = new GemmProblem(
            transposeA, transposeB, m, n, k, alpha, HostMemory.Of(a.Tensor) + a.Offset, a.Stride, HostMemory.Of(b.Tensor) + b.Offset, b.Stride, beta,
            HostMemory.Of(c.Tensor) + c.Offset, c.Stride, HostMemory.Of(bias));
        (problem.HeldA, problem.HeldB) = (HeldMatrix.Of(a), HeldMatrix.Of(b));
        if (activated is { } activation)
        {
            (problem.Kind, problem.Slope) = (activation.Kind, activation.Slope);
            problem.Activated = HostMemory.Of(activation.Output.Tensor) + activation.Output.Offset;
            problem.RowActivated = activation.Output.Stride;
        }

        Cpu.Gemm.Run(problem, (long)m * n * k < ParallelWork ? null : device.Pool);
    }
}
