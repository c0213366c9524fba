using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// Copies a strip of a matrix into a panel [depth, width] that the innermost kernel reads front to back. Lanes beyond
/// the strip's extent are zero; what they contribute is never stored.
/// </summary>
internal static unsafe class GemmPacking
{
    /// <summary>panel[p, j] = source[j * stride + p * depthStride]; one of the two strides is 1.</summary>
    /// <param name="width">Lanes of the panel; a constant to the JIT.</param>
    /// <param name="extent">Lanes that the matrix has, at most <paramref name="width"/>.</param>
    /// <param name="depth">Rows of the panel.</param>
    /// <param name="source">First element of the strip.</param>
    /// <param name="stride">Floats between neighbours along the panel's width.</param>
    /// <param name="depthStride">Floats between neighbours along the depth.</param>
    /// <param name="panel">Destination, contiguous.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pack(int width, int extent, int depth, float* source, nint stride, nint depthStride, float* panel)
    {
        if (extent < width)
        {
            NativeMemory.Clear(panel, (nuint)depth * (nuint)width * sizeof(float));
        }

        if (stride == 1)
        {
            Copy(width, extent, depth, source, depthStride, panel);
        }
        else
        {
            Transpose(width, extent, depth, source, stride, panel);
        }
    }

    /// <summary>Copies a short run of floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyRun(int count, float* source, float* destination)
    {
        int j = 0;
        for (; j + 4 <= count; j += 4)
        {
            Unsafe.CopyBlockUnaligned(destination + j, source + j, 4 * sizeof(float));
        }

        for (; j < count; j++)
        {
            destination[j] = source[j];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(int width, int extent, int depth, float* source, nint depthStride, float* panel)
    {
        if (extent == width)
        {
            for (int p = 0; p < depth; p++)
            {
                Unsafe.CopyBlockUnaligned(panel, source, (uint)width * sizeof(float));
                source += depthStride;
                panel += width;
            }

            return;
        }

        for (int p = 0; p < depth; p++)
        {
            CopyRun(extent, source, panel);
            source += depthStride;
            panel += width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(int width, int extent, int depth, float* source, nint stride, float* panel)
    {
        int j = 0;
        if (Sse2.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            for (; j + 4 <= extent; j += 4)
            {
                Transpose4(width, depth, source + (j * stride), stride, panel + j);
            }
        }

        for (; j < extent; j++)
        {
            for (int p = 0; p < depth; p++)
            {
                panel[(p * (nint)width) + j] = source[(j * stride) + p];
            }
        }
    }

    /// <summary>Four lanes of a panel from four rows of the source, in 4 x 4 blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4(int width, int depth, float* source, nint stride, float* panel)
    {
        float* s0 = source, s1 = s0 + stride, s2 = s1 + stride, s3 = s2 + stride;
        int p = 0;
        for (; p + 4 <= depth; p += 4)
        {
            Vector128<float> r0 = Vector128.Load(s0 + p), r1 = Vector128.Load(s1 + p);
            Vector128<float> r2 = Vector128.Load(s2 + p), r3 = Vector128.Load(s3 + p);
            Vector128<float> low01 = ZipLow(r0, r1), high01 = ZipHigh(r0, r1);
            Vector128<float> low23 = ZipLow(r2, r3), high23 = ZipHigh(r2, r3);
            LowHalves(low01, low23).Store(panel);
            HighHalves(low01, low23).Store(panel + width);
            LowHalves(high01, high23).Store(panel + (2 * width));
            HighHalves(high01, high23).Store(panel + (3 * width));
            panel += 4 * width;
        }

        for (; p < depth; p++)
        {
            (panel[0], panel[1], panel[2], panel[3]) = (s0[p], s1[p], s2[p], s3[p]);
            panel += width;
        }
    }

    // (a0 b0 a1 b1)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    // (a2 b2 a3 b3)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    // (a0 a1 b0 b1)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> LowHalves(Vector128<float> a, Vector128<float> b) => Sse2.IsSupported
        ? Sse2.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle()
        : AdvSimd.Arm64.ZipLow(a.AsDouble(), b.AsDouble()).AsSingle();

    // (a2 a3 b2 b3)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> HighHalves(Vector128<float> a, Vector128<float> b) => Sse2.IsSupported
        ? Sse2.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle()
        : AdvSimd.Arm64.ZipHigh(a.AsDouble(), b.AsDouble()).AsSingle();
}
