using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>The operands of a product, for KernelCore and for OpenBLAS in the same process.</summary>
internal sealed class GemmProduct : IDisposable
{
    private const ulong Seed = 3;

    private readonly GemmCase _case;
    private readonly Tensor _a, _b, _own, _theirs;
    private readonly ILinearAlgebra _algebra;

    /// <summary>Fills the operands.</summary>
    public GemmProduct(GemmCase @case, CpuDevice device)
    {
        (_case, _algebra) = (@case, device.Kernels.LinearAlgebra);
        _a = Normal(device, @case.TransposeA ? @case.K : @case.M, @case.TransposeA ? @case.M : @case.K, stream: 0);
        _b = Normal(device, @case.TransposeB ? @case.N : @case.K, @case.TransposeB ? @case.K : @case.N, stream: 1);
        (_own, _theirs) = (device.Allocate([@case.M, @case.N]), device.Allocate([@case.M, @case.N]));
    }

    /// <summary>KernelCore's product.</summary>
    public void Own() => _algebra.Gemm(_case.TransposeA, _case.TransposeB, 1, Matrix.Of(_a), Matrix.Of(_b), 0, Matrix.Of(_own));

    /// <summary>OpenBLAS's product.</summary>
    public void Blas() => OpenBlas.Gemm(_case.TransposeA, _case.TransposeB, _case.M, _case.N, _case.K, _a.Span, _b.Span, _theirs.Span);

    /// <summary>Computes both once and notes how far they are apart.</summary>
    public void Check(Results results)
    {
        OpenBlas.SetThreads(_case.Threads);
        Own();
        Blas();
        ReadOnlySpan<float> own = _own.Span, theirs = _theirs.Span;
        double difference = 0, largest = 0;
        for (int i = 0; i < own.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs(own[i] - theirs[i]));
            largest = Math.Max(largest, Math.Abs(theirs[i]));
        }

        results.Compare(_case.Subject, _case.Item, Results.Blas, difference / largest);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _own.Dispose();
        _theirs.Dispose();
    }

    private static Tensor Normal(CpuDevice device, int rows, int columns, ulong stream)
    {
        Tensor tensor = device.Allocate([rows, columns]);
        for (int i = 0; i < tensor.Count; i++)
        {
            tensor.Span[i] = Philox.Normal(Seed, stream, (ulong)i);
        }

        return tensor;
    }
}
