using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void MaxPool(PoolGeometry geometry, int planes, Tensor x, Tensor y, IndexTensor argmax)
    {
        var body = new MaxPoolBody { Geometry = geometry, X = HostMemory.Of(x), Y = HostMemory.Of(y), Argmax = HostMemory.Of(argmax) };
        RangeLoop.Run(device.Pool, planes, Parallelism.Elements(PlaneSize(geometry)), ref body);
    }

    public void MaxPoolGradient(PoolGeometry geometry, int planes, IndexTensor argmax, Tensor gy, Tensor gx)
    {
        var body = new MaxPoolGradientBody
        {
            Geometry = geometry, Argmax = HostMemory.Of(argmax), OutputGradient = HostMemory.Of(gy), InputGradient = HostMemory.Of(gx),
        };
        RangeLoop.Run(device.Pool, planes, Parallelism.Elements(PlaneSize(geometry)), ref body);
    }

    public void AveragePool(PoolGeometry geometry, int planes, Tensor x, Tensor y)
    {
        var body = new AveragePoolBody { Geometry = geometry, X = HostMemory.Of(x), Y = HostMemory.Of(y) };
        RangeLoop.Run(device.Pool, planes, Parallelism.Elements(PlaneSize(geometry)), ref body);
    }

    public void AveragePoolGradient(PoolGeometry geometry, int planes, Tensor gy, Tensor gx)
    {
        var body = new AveragePoolGradientBody { Geometry = geometry, OutputGradient = HostMemory.Of(gy), InputGradient = HostMemory.Of(gx) };
        RangeLoop.Run(device.Pool, planes, Parallelism.Elements(PlaneSize(geometry)), ref body);
    }

    private static long PlaneSize(PoolGeometry g) =>
        Math.Max((long)g.Height * g.Width, (long)g.OutHeight * g.OutWidth * g.KernelHeight * g.KernelWidth);

    /// <summary>The part of a window that lies inside the image.</summary>
    private readonly struct Window
    {
        public readonly int Top, Bottom, Left, Right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Window(PoolGeometry g, int row, int column)
        {
            int top = (row * g.StrideHeight) - g.PadHeight, left = (column * g.StrideWidth) - g.PadWidth;
            (Top, Bottom) = (Math.Max(0, top), Math.Min(g.Height, top + g.KernelHeight));
            (Left, Right) = (Math.Max(0, left), Math.Min(g.Width, left + g.KernelWidth));
        }
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

            // Columns [left, inside) see only the image.
            int left = Math.Min(g.OutWidth, (g.PadWidth + g.StrideWidth - 1) / g.StrideWidth);
            int inside = Math.Min(g.OutWidth, ((g.Width + g.PadWidth - g.KernelWidth) / g.StrideWidth) + 1);
            for (int plane = first; plane < end; plane++)
            {
                float* x = X + ((nint)plane * g.Height * g.Width);
                for (int row = 0; row < g.OutHeight; row++)
                {
                    nint output = (((nint)plane * g.OutHeight) + row) * g.OutWidth;
                    Row(g, x, row, left, inside, Y + output, Argmax + output);
                }
            }
        }

        private static void Row(PoolGeometry g, float* x, int row, int left, int inside, float* y, int* argmax)
        {
            Blocks<Lane>(g, x, row, 0, left, y, argmax);
            int column = left;
            if (g.StrideWidth <= 2 && Vector512.IsHardwareAccelerated)
            {
                column = Blocks<Lanes16>(g, x, row, column, inside, y, argmax);
            }

            if (g.StrideWidth <= 2 && Vector256.IsHardwareAccelerated)
            {
                column = Blocks<Lanes8>(g, x, row, column, inside, y, argmax);
            }

            if (g.StrideWidth <= 2 && Vector128.IsHardwareAccelerated)
            {
                column = Blocks<Lanes4>(g, x, row, column, inside, y, argmax);
            }

            Blocks<Lane>(g, x, row, column, g.OutWidth, y, argmax);
        }

        /// <summary>Columns [column, end) if there are as many as lanes; the last block overlaps the one before it.</summary>
        /// <remarks>A method of its own per width: together they would exceed what the JIT is willing to inline.</remarks>
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private static int Blocks<TLanes>(PoolGeometry g, float* x, int row, int column, int end, float* y, int* argmax)
            where TLanes : struct, ILanes<TLanes>
        {
            if (end - column < TLanes.Count)
            {
                return column;
            }

            for (; column < end; column += TLanes.Count)
            {
                column = Math.Min(column, end - TLanes.Count);
                Block<TLanes>(g, x, row, column, y, argmax);
            }

            return end;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Block<TLanes>(PoolGeometry g, float* x, int row, int column, float* y, int* argmax)
            where TLanes : struct, ILanes<TLanes>
        {
            var window = new Window(g, row, column);
            int corner = (window.Top * g.Width) + window.Left, stride = g.StrideWidth;
            TLanes max = TLanes.Broadcast(float.NegativeInfinity), place = TLanes.Broadcast(0f);
            for (int i = window.Top; i < window.Bottom; i++)
            {
                for (int j = window.Left; j < window.Right; j++)
                {
                    int position = (i * g.Width) + j;
                    TLanes value = stride == 1 ? TLanes.Load(x + position) : TLanes.LoadEven(x + position), here = TLanes.Broadcast(position - corner);

                    // A larger value replaces the largest so far; a NaN replaces everything and is replaced by another NaN only.
                    TLanes largerPlace = TLanes.WhereLess(max, value, here, place), larger = TLanes.WhereLess(max, value, value, max);
                    place = TLanes.WhereLessOrEqual(value, value, largerPlace, here);
                    max = TLanes.WhereLessOrEqual(value, value, larger, value);
                }
            }

            max.Store(y + column);
            place.StoreIntegers(argmax + column, corner, stride);
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
                float* gx = InputGradient + ((nint)plane * inputs), gy = OutputGradient + ((nint)plane * outputs);
                int* argmax = Argmax + ((nint)plane * outputs);
                new Span<float>(gx, inputs).Clear();
                for (int output = 0; output < outputs; output++)
                {
                    gx[argmax[output]] += gy[output];
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
