namespace KernelCore.Kernels.Cpu;

/// <summary>C = alpha A B + beta C + bias, and f(C), or the dots of the rows of alpha A B with those of C, on raw memory. Strides say how each matrix lies, so no transposition is left.</summary>
/// <remarks>Of the two strides of A, and of B, at least one is 1.</remarks>
internal unsafe struct GemmProblem
{
    public int M, N, K;
    public float Alpha, Beta;

    /// <summary>Element (i, p) is <c>A[i * RowA + p * DepthA]</c>.</summary>
    public float* A;
    public nint RowA, DepthA;

    /// <summary>Element (p, j) is <c>B[p * DepthB + j * ColumnB]</c>.</summary>
    public float* B;
    public nint DepthB, ColumnB;

    /// <summary>What is held of A and of B: panels that are there already, or stay, and A's nonzeros if they are few; null for nothing.</summary>
    public HeldMatrix? HeldA, HeldB;

    /// <summary>Element (i, j) is <c>C[i * RowC + j * ColumnC]</c>.</summary>
    public float* C;
    public nint RowC, ColumnC;

    /// <summary>Added to element (i, j): <c>Bias[i * RowBias + j * ColumnBias]</c>; null for none.</summary>
    public float* Bias;
    public nint RowBias, ColumnBias;

    /// <summary>Null, or receives the dot of every row of alpha A B with the same row of C; C is only read then, and the bias not added.</summary>
    public double* RowDots;

    /// <summary>Null, or receives the dot of every row of C with the bias; only together with <see cref="RowDots"/>.</summary>
    public double* BiasDots;

    /// <summary>Factors of the terms: term p counts <c>TermFactors[p / TermsPerFactor]</c> times; null for once.</summary>
    public float* TermFactors;
    public int TermsPerFactor;

    /// <summary>f of element (i, j) goes to <c>Activated[i * RowActivated + j * ColumnActivated]</c>; null for nowhere.</summary>
    public float* Activated;
    public nint RowActivated, ColumnActivated;
    public ActivationKind Kind;
    public float Slope;

    public GemmProblem(
        bool transposeA, bool transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc, float* bias)
    {
        (M, N, K) = (m, n, k);
        (Alpha, Beta) = (k == 0 ? 0 : alpha, beta);
        A = a;
        (RowA, DepthA) = transposeA ? (1, lda) : ((nint)lda, (nint)1);
        B = b;
        (DepthB, ColumnB) = transposeB ? (1, ldb) : ((nint)ldb, (nint)1);
        C = c;
        (RowC, ColumnC) = (ldc, 1);
        Bias = bias;
        (RowBias, ColumnBias) = (0, 1);
        ColumnActivated = 1;
    }

    /// <summary>Multiply-adds.</summary>
    public readonly long Work => (long)M * N * K;

    /// <summary>The dots of rows without elements.</summary>
    public readonly void ClearDots()
    {
        new Span<double>(RowDots, RowDots == null ? 0 : M).Clear();
        new Span<double>(BiasDots, BiasDots == null ? 0 : M).Clear();
    }

    /// <summary>The same product as C^T = alpha B^T A^T + beta C^T.</summary>
    public readonly GemmProblem Transposed() => this with
    {
        M = N,
        N = M,
        A = B,
        RowA = ColumnB,
        DepthA = DepthB,
        HeldA = HeldB,
        B = A,
        DepthB = DepthA,
        ColumnB = RowA,
        HeldB = HeldA,
        RowC = ColumnC,
        ColumnC = RowC,
        RowBias = ColumnBias,
        ColumnBias = RowBias,
        RowActivated = ColumnActivated,
        ColumnActivated = RowActivated,
    };
}
