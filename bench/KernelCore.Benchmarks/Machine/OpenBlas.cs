using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Benchmarks;

/// <summary>OpenBLAS in this process, for plain products.</summary>
/// <remarks>
/// Its kernels are chosen when the library loads. Versions older than the processor do not know it and fall back to SSE
/// kernels, so on processors with AVX-512 the AVX-512 kernels are asked for; elsewhere the choice is the library's, whatever
/// the environment says. <see cref="Description"/> tells which kernels run.
/// </remarks>
internal static unsafe partial class OpenBlas
{
    private const string Library = "libopenblas.so.0";
    private const int RowMajor = 101, NoTranspose = 111, Transpose = 112;

    static OpenBlas()
    {
        if (OperatingSystem.IsLinux())
        {
            // The runtime's own copy of the environment is not what native code sees.
            foreach (var (name, value) in Settings)
            {
                _ = value is null ? UnsetEnvironment(name) : SetEnvironment(name, value, overwrite: 1);
            }
        }

        Available = NativeLibrary.TryLoad(Library, Assembly.GetExecutingAssembly(), null, out _);
    }

    /// <summary>Environment variables of processes that load OpenBLAS; null for those that must not be set.</summary>
    public static IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>
    {
        ["OPENBLAS_CORETYPE"] = Avx512F.IsSupported ? "SkylakeX" : null,
        ["OPENBLAS_L2_SIZE"] = null,

        // Its idle threads spin for 2^20 clock ticks instead of 2^26, which last into what is measured next: still longer than between two calls.
        ["OPENBLAS_THREAD_TIMEOUT"] = "20",
    };

    /// <summary>Rest after its products: its threads look for work for a while before they sleep.</summary>
    public static TimeSpan Settling { get; } = TimeSpan.FromMilliseconds(40);

    /// <summary>Whether the library is installed.</summary>
    public static bool Available { get; }

    /// <summary>What to do when it is not.</summary>
    public static string Missing => $"{Library} is missing: apt-get install libopenblas0-pthread";

    /// <summary>Version, options and the kernels in use: <c>SkylakeX</c>.</summary>
    public static string Description => Available
        ? $"{Marshal.PtrToStringUTF8(GetConfig())!.Trim()}, kernels {Marshal.PtrToStringUTF8(GetCoreName())}"
        : Missing;

    /// <summary>Threads of later products.</summary>
    public static void SetThreads(int threads) => SetNumThreads(threads);

    /// <summary>C = op(A) op(B), row-major without gaps.</summary>
    public static void Gemm(bool transposeA, bool transposeB, int m, int n, int k, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c)
    {
        fixed (float* pa = a, pb = b, pc = c)
        {
            Sgemm(RowMajor, transposeA ? Transpose : NoTranspose, transposeB ? Transpose : NoTranspose,
                m, n, k, 1, pa, transposeA ? m : k, pb, transposeB ? k : n, 0, pc, n);
        }
    }

    [LibraryImport(Library, EntryPoint = "cblas_sgemm")]
    private static partial void Sgemm(
        int order, int transposeA, int transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc);

    [LibraryImport(Library, EntryPoint = "openblas_set_num_threads")]
    private static partial void SetNumThreads(int threads);

    [LibraryImport(Library, EntryPoint = "openblas_get_corename")]
    private static partial nint GetCoreName();

    [LibraryImport(Library, EntryPoint = "openblas_get_config")]
    private static partial nint GetConfig();

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetEnvironment(string name);
}
