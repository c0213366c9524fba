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

    private struct MaxPoolBody : IRangeBody
    {
        public PoolGeometry Geometry;
        public float* X, Y;
        public int* Argmax;

        public readonly void Run(int first, int end, int worker)
        {
            PoolGeometry g = Geometry;
            int outputs = g.OutHeight * g.OutWidth;
            for (int plane = first; plane < end; plane++)
            {
                float* x = X + ((nint)plane * g.Height * g.Width);
                nint output = (nint)plane * outputs;
                for (int row = 0; row < g.OutHeight; row++)
                {
                    for (int column = 0; column < g.OutWidth; column++, output++)
                    {
                        var window = new Window(g, row, column);
                        int best = (window.Top * g.Width) + window.Left;
                        float max = float.NegativeInfinity;
                        for (int i = window.Top; i < window.Bottom; i++)
                        {
                            for (int j = window.Left; j < window.Right; j++)
                            {
                                // Not <=, so that a NaN is taken; a NaN already taken yields only to a later NaN.
                                float value = x[(i * g.Width) + j];
                                if (value > max || float.IsNaN(value))
                                {
                                    max = value;
                                    best = (i * g.Width) + j;
                                }
                            }
                        }

                        Y[output] = max;
                        Argmax[output] = best;
                    }
                }
            }
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
