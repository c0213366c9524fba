using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void MaxPool(PoolGeometry geometry, int planes, Tensor x, Tensor y, IndexTensor argmax)
    {
        var body = new MaxPoolBody { Geometry = geometry, X = HostMemory.Of(x), Y = HostMemory.Of(y), Argmax = HostMemory.Of(argmax) };
        RangeLoop.Run(device.Pool, planes, PlaneSize(geometry), ref body);
    }

    public void MaxPoolGradient(PoolGeometry geometry, int planes, IndexTensor argmax, Tensor gy, Tensor gx)
    {
        var body = new MaxPoolGradientBody
        {
            Geometry = geometry, Argmax = HostMemory.Of(argmax), OutputGradient = HostMemory.Of(gy), InputGradient = HostMemory.Of(gx),
        };
        RangeLoop.Run(device.Pool, planes, PlaneSize(geometry), ref body);
    }

    public void AveragePool(PoolGeometry geometry, int planes, Tensor x, Tensor y)
    {
        var body = new AveragePoolBody { Geometry = geometry, X = HostMemory.Of(x), Y = HostMemory.Of(y) };
        RangeLoop.Run(device.Pool, planes, PlaneSize(geometry), ref body);
    }

    public void AveragePoolGradient(PoolGeometry geometry, int planes, Tensor gy, Tensor gx)
    {
        var body = new AveragePoolGradientBody { Geometry = geometry, OutputGradient = HostMemory.Of(gy), InputGradient = HostMemory.Of(gx) };
        RangeLoop.Run(device.Pool, planes, PlaneSize(geometry), ref body);
    }

    private static long PlaneSize(PoolGeometry g) =>
        Math.Max((long)g.Height * g.Width, (long)g.OutHeight * g.OutWidth * g.KernelHeight * g.KernelWidth);

    /// <summary>The part of a window that lies inside the image.</summary>
    private readonly struct Window(PoolGeometry g, int row, int column)
    {
        public readonly int Top = Math.Max(0, (row * g.StrideHeight) - g.PadHeight);
        public readonly int Bottom = Math.Min(g.Height, (row * g.StrideHeight) - g.PadHeight + g.KernelHeight);
        public readonly int Left = Math.Max(0, (column * g.StrideWidth) - g.PadWidth);
        public readonly int Right = Math.Min(g.Width, (column * g.StrideWidth) - g.PadWidth + g.KernelWidth);
    }

    /// <summary>
    /// Takes as many neighbouring outputs at a time as there are lanes where their windows lie inside the image, and
    /// single ones at its edges. The winner's place is kept as its distance from the window's first element.
    /// </summary>
    private struct MaxPoolBody : IRangeBody
    {
        public PoolGeometry Geometry;
        public float* X, Y;
        public int* Argmax;

        public readonly void Run(int first, int end, int worker)
        {
            PoolGeometry g = Geometry;
            for (int plane = first; plane < end; plane++)
            {
                float* x = X + ((nint)plane * g.Height * g.Width);
                for (int row = 0; row < g.OutHeight; row++)
                {
                    nint output = (((nint)plane * g.OutHeight) + row) * g.OutWidth;
                    Row(g, x, row, Y + output, Argmax + output);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Row(PoolGeometry g, float* x, int row, float* y, int* argmax)
        {
            float* buffer = stackalloc float[Lanes8.Count];
            int column = 0;
            int inside = Math.Min(g.OutWidth, ((g.Width + g.PadWidth - g.KernelWidth) / g.StrideWidth) + 1);
            for (; column < Math.Min(g.OutWidth, (g.PadWidth + g.StrideWidth - 1) / g.StrideWidth); column++)
            {
                Block<Lane>(g, x, row, column, y, argmax, buffer);
            }

            if (Vector256.IsHardwareAccelerated)
            {
                for (; column + Lanes8.Count <= inside; column += Lanes8.Count)
                {
                    Block<Lanes8>(g, x, row, column, y, argmax, buffer);
                }
            }

            if (Vector128.IsHardwareAccelerated)
            {
                for (; column + Lanes4.Count <= inside; column += Lanes4.Count)
                {
                    Block<Lanes4>(g, x, row, column, y, argmax, buffer);
                }
            }

            for (; column < g.OutWidth; column++)
            {
                Block<Lane>(g, x, row, column, y, argmax, buffer);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Block<TLanes>(PoolGeometry g, float* x, int row, int column, float* y, int* argmax, float* buffer)
            where TLanes : struct, ILanes<TLanes>
        {
            var window = new Window(g, row, column);
            int corner = (window.Top * g.Width) + window.Left;
            TLanes max = TLanes.Broadcast(float.NegativeInfinity), place = TLanes.Broadcast(0f);
            for (int i = window.Top; i < window.Bottom; i++)
            {
                for (int j = window.Left; j < window.Right; j++)
                {
                    int position = (i * g.Width) + j;
                    TLanes value = Strided<TLanes>(x + position, g.StrideWidth, buffer), here = TLanes.Broadcast(position - corner);

                    // Up to the largest so far: keep that. Where that is NaN, only another NaN replaces it.
                    TLanes keptPlace = TLanes.WhereLessOrEqual(value, max, place, here), kept = TLanes.WhereLessOrEqual(value, max, max, value);
                    TLanes nanPlace = TLanes.WhereLessOrEqual(value, value, place, here);
                    place = TLanes.WhereLessOrEqual(max, max, keptPlace, nanPlace);
                    max = TLanes.WhereLessOrEqual(max, max, kept, max);
                }
            }

            max.Store(y + column);
            place.Store(buffer);
            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                argmax[column + lane] = corner + (lane * g.StrideWidth) + (int)buffer[lane];
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TLanes Strided<TLanes>(float* source, int stride, float* buffer)
            where TLanes : struct, ILanes<TLanes>
        {
            if (stride == 1)
            {
                return TLanes.Load(source);
            }

            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                buffer[lane] = source[lane * stride];
            }

            return TLanes.Load(buffer);
        }
    }

    private struct MaxPoolGradientBody : IRangeBody
    {
        public PoolGeometry Geometry;
        public int* Argmax;
        public float* OutputGradient, InputGradient;

        public readonly void Run(int first, int end, int worker)
        {
            int inputs = Geometry.Height * Geometry.Width, outputs = Geometry.OutHeight * Geometry.OutWidth;
            for (int plane = first; plane < end; plane++)
            {
                float* gx = InputGradient + ((nint)plane * inputs);
                new Span<float>(gx, inputs).Clear();
                for (nint output = (nint)plane * outputs; output < ((nint)plane + 1) * outputs; output++)
                {
                    gx[Argmax[output]] += OutputGradient[output];
                }
            }
        }
    }

    private struct AveragePoolBody : IRangeBody
    {
        public PoolGeometry Geometry;
        public float* X, Y;

        public readonly void Run(int first, int end, int worker)
        {
            PoolGeometry g = Geometry;
            for (int plane = first; plane < end; plane++)
            {
                float* x = X + ((nint)plane * g.Height * g.Width);
                float* y = Y + ((nint)plane * g.OutHeight * g.OutWidth);
                for (int row = 0; row < g.OutHeight; row++)
                {
                    for (int column = 0; column < g.OutWidth; column++)
                    {
                        var window = new Window(g, row, column);
                        double sum = 0;
                        for (int i = window.Top; i < window.Bottom; i++)
                        {
                            for (int j = window.Left; j < window.Right; j++)
                            {
                                sum += x[(i * g.Width) + j];
                            }
                        }

                        *y++ = (float)(sum / (g.KernelHeight * g.KernelWidth));
                    }
                }
            }
        }
    }

    private struct AveragePoolGradientBody : IRangeBody
    {
        public PoolGeometry Geometry;
        public float* OutputGradient, InputGradient;

        public readonly void Run(int first, int end, int worker)
        {
            PoolGeometry g = Geometry;
            for (int plane = first; plane < end; plane++)
            {
                float* gy = OutputGradient + ((nint)plane * g.OutHeight * g.OutWidth);
                float* gx = InputGradient + ((nint)plane * g.Height * g.Width);
                new Span<float>(gx, g.Height * g.Width).Clear();
                for (int row = 0; row < g.OutHeight; row++)
                {
                    for (int column = 0; column < g.OutWidth; column++)
                    {
                        var window = new Window(g, row, column);
                        float share = *gy++ / (g.KernelHeight * g.KernelWidth);
                        for (int i = window.Top; i < window.Bottom; i++)
                        {
                            for (int j = window.Left; j < window.Right; j++)
                            {
                                gx[(i * g.Width) + j] += share;
                            }
                        }
                    }
                }
            }
        }
    }
}
