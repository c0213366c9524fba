using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void MaxPool(PoolGeometry geometry, int planes, Tensor x, Tensor y, IndexTensor argmax) => device.ForEach((int)y.Count, new Maxima
    {
        X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Argmax = DeviceMemory.Of(argmax), Window = new PoolWindow(geometry),
    });

    public void MaxPoolGradient(PoolGeometry geometry, int planes, IndexTensor argmax, Tensor gy, Tensor gx) => device.ForEach((int)gx.Count, new MaximaGradient
    {
        Argmax = DeviceMemory.Of(argmax), OutputGradient = DeviceMemory.Of(gy), InputGradient = DeviceMemory.Of(gx), Window = new PoolWindow(geometry),
    });

    public void AveragePool(PoolGeometry geometry, int planes, Tensor x, Tensor y) => device.ForEach((int)y.Count, new Averages
    {
        X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Window = new PoolWindow(geometry),
    });

    public void AveragePoolGradient(PoolGeometry geometry, int planes, Tensor gy, Tensor gx) => device.ForEach((int)gx.Count, new AveragesGradient
    {
        OutputGradient = DeviceMemory.Of(gy), InputGradient = DeviceMemory.Of(gx), Window = new PoolWindow(geometry),
    });

    internal struct Maxima : IElement
    {
        public ArrayView<float> X, Y;
        public ArrayView<int> Argmax;
        public PoolWindow Window;

        public readonly void At(int i)
        {
            int plane = i / Window.Outputs * Window.Inputs, top = Window.Top(i), left = Window.Left(i), best = -1;
            float max = float.NegativeInfinity;
            for (int h = IntrinsicMath.Max(0, top); h < IntrinsicMath.Min(Window.Height, top + Window.KernelHeight); h++)
            {
                for (int w = IntrinsicMath.Max(0, left); w < IntrinsicMath.Min(Window.Width, left + Window.KernelWidth); w++)
                {
                    float value = X[plane + (h * Window.Width) + w];
                    bool wins = best < 0 | value > max | float.IsNaN(value);
                    max = wins ? value : max;
                    best = wins ? (h * Window.Width) + w : best;
                }
            }

            Y[i] = max;
            Argmax[i] = best;
        }
    }

    /// <summary>Each input gathers from the windows that hold it, in a fixed order; nothing is scattered.</summary>
    internal struct MaximaGradient : IElement
    {
        public ArrayView<int> Argmax;
        public ArrayView<float> OutputGradient, InputGradient;
        public PoolWindow Window;

        public readonly void At(int i)
        {
            int place = i % Window.Inputs, plane = i / Window.Inputs * Window.Outputs, row = place / Window.Width, column = place % Window.Width;
            float sum = 0;
            for (int v = Window.FirstOut(row); v <= Window.LastOut(row); v++)
            {
                for (int u = Window.FirstOutColumn(column); u <= Window.LastOutColumn(column); u++)
                {
                    int output = plane + (v * Window.OutWidth) + u;
                    sum += Argmax[output] == place ? OutputGradient[output] : 0;
                }
            }

            InputGradient[i] = sum;
        }
    }

    internal struct Averages : IElement
    {
        public ArrayView<float> X, Y;
        public PoolWindow Window;

        public readonly void At(int i)
        {
            int plane = i / Window.Outputs * Window.Inputs, top = Window.Top(i), left = Window.Left(i);
            double sum = 0;
            for (int h = IntrinsicMath.Max(0, top); h < IntrinsicMath.Min(Window.Height, top + Window.KernelHeight); h++)
            {
                for (int w = IntrinsicMath.Max(0, left); w < IntrinsicMath.Min(Window.Width, left + Window.KernelWidth); w++)
                {
                    sum += X[plane + (h * Window.Width) + w];
                }
            }

            Y[i] = (float)(sum / (Window.KernelHeight * Window.KernelWidth));
        }
    }

    internal struct AveragesGradient : IElement
    {
        public ArrayView<float> OutputGradient, InputGradient;
        public PoolWindow Window;

        public readonly void At(int i)
        {
            int place = i % Window.Inputs, plane = i / Window.Inputs * Window.Outputs, row = place / Window.Width, column = place % Window.Width;
            float sum = 0;
            for (int v = Window.FirstOut(row); v <= Window.LastOut(row); v++)
            {
                for (int u = Window.FirstOutColumn(column); u <= Window.LastOutColumn(column); u++)
                {
                    sum += OutputGradient[plane + (v * Window.OutWidth) + u];
                }
            }

            InputGradient[i] = sum / (Window.KernelHeight * Window.KernelWidth);
        }
    }
}
