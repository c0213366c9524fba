using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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

    /// <summary>panel[p, j] = factors[(first + p) / perFactor] source[p * depthStride + j]; the source may be the panel.</summary>
    /// <param name="width">Lanes of the panel and of the source, at least 4; a constant to the JIT.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(int width, int depth, float* source, nint depthStride, float* factors, int perFactor, int first, float* panel)
    {
        int last = width - Vector128<float>.Count, left = perFactor - (first % perFactor);
        factors += first / perFactor;
        for (; depth > 0; depth--)
        {
            // The last register may overlap the one before: it is read before that is written.
            Vector128<float> factor = Vector128.Create(*factors), end = Vector128.Load(source + last) * factor;
            for (int j = 0; j < last; j += Vector128<float>.Count)
            {
                (Vector128.Load(source + j) * factor).Store(panel + j);
            }

            end.Store(panel + last);
            source += depthStride;
            panel += width;
            if (--left == 0)
            {
                factors++;
                left = perFactor;
            }
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
        int j = TransposeFrom<Quads16>(0, width, extent, depth, source, stride, panel);
        j = TransposeFrom<Quads8>(j, width, extent, depth, source, stride, panel);
        j = TransposeFrom<Quads4>(j, width, extent, depth, source, stride, panel);
        if (j < extent && j >= Quads4.Rows && Quads4.IsSupported)
        {
            // The last four, some of them once more with the same content: panels of AVX2 are six wide.
            j = extent - Quads4.Rows;
            Transpose<Quads4>(width, depth, source + (j * stride), stride, panel + j);
            return;
        }

        TransposeOneByOne(width, extent - j, depth, source + (j * stride), stride, panel + j);
    }

    /// <summary>As many lanes from lane j on as fill registers; returns the first that is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int TransposeFrom<TQuads>(int j, int width, int extent, int depth, float* source, nint stride, float* panel)
        where TQuads : struct, IQuads<TQuads>
    {
        for (; TQuads.IsSupported && j + TQuads.Rows <= extent; j += TQuads.Rows)
        {
            Transpose<TQuads>(width, depth, source + (j * stride), stride, panel + j);
        }

        return j;
    }

    /// <summary>As many lanes of a panel as a register has, from as many rows of the source, four terms at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose<TQuads>(int width, int depth, float* source, nint stride, float* panel)
        where TQuads : struct, IQuads<TQuads>
    {
        int p = 0;
        for (; p + 4 <= depth; p += 4)
        {
            float* rows = source + p;
            TQuads r0 = TQuads.Load(rows, stride), r1 = TQuads.Load(rows + stride, stride);
            TQuads r2 = TQuads.Load(rows + (2 * stride), stride), r3 = TQuads.Load(rows + (3 * stride), stride);
            TQuads low01 = TQuads.ZipLow(r0, r1), high01 = TQuads.ZipHigh(r0, r1);
            TQuads low23 = TQuads.ZipLow(r2, r3), high23 = TQuads.ZipHigh(r2, r3);
            TQuads.LowHalves(low01, low23).Store(panel);
            TQuads.HighHalves(low01, low23).Store(panel + width);
            TQuads.LowHalves(high01, high23).Store(panel + (2 * width));
            TQuads.HighHalves(high01, high23).Store(panel + (3 * width));
            panel += 4 * width;
        }

        TransposeOneByOne(width, TQuads.Rows, depth - p, source + p, stride, panel);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeOneByOne(int width, int extent, int depth, float* source, nint stride, float* panel)
    {
        for (int j = 0; j < extent; j++)
        {
            for (int p = 0; p < depth; p++)
            {
                panel[(p * (nint)width) + j] = source[(j * stride) + p];
            }
        }
    }
}
