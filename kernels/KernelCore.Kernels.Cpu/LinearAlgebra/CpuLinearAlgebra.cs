namespace KernelCore.Kernels.Cpu;

/// <summary>Matrix products on the worker pool.</summary>
internal sealed unsafe class CpuLinearAlgebra(CpuDevice device) : ILinearAlgebra
{
    // Below this many multiply-adds (about five microseconds of work) waking other threads costs more than it saves.
    private const long ParallelWork = 1 << 18;

    /// <inheritdoc/>
    public void Gemm(bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias = null)
    {
        int m = c.Rows, n = c.Columns, k = transposeA ? a.Rows : a.Columns;
        fixed (float* pa = a.Tensor.Span, pb = b.Tensor.Span, pc = c.Tensor.Span, pbias = bias is null ? default : bias.Span)
        {
            var problem = new GemmProblem(
                transposeA, transposeB, m, n, k, alpha, pa + a.Offset, a.Stride, pb + b.Offset, b.Stride, beta, pc + c.Offset, c.Stride, pbias);
            Cpu.Gemm.Run(problem, (long)m * n * k < ParallelWork ? null : device.Pool);
        }

        // The spans hold raw memory: without these, a tensor that the caller no longer needs could be finalised mid-product.
        GC.KeepAlive(a.Tensor);
        GC.KeepAlive(b.Tensor);
        GC.KeepAlive(c.Tensor);
        GC.KeepAlive(bias);
    }
}
