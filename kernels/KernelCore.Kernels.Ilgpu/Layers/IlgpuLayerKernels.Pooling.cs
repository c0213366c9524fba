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
            int plane = Window.Outputs.Quotient(i), output = Window.Outputs.Remainder(i, plane), start = plane * Window.Inputs.Value;
            int top = Window.Top(output), left = Window.Left(output), best = -1;
            float max = float.NegativeInfinity;
            for (int h = IntrinsicMath.Max(0, top); h < IntrinsicMath.Min(Window.Height, top + Window.KernelHeight); h++)
            {
                for (int w = IntrinsicMath.Max(0, left); w < IntrinsicMath.Min(Window.Width.Value, left + Window.KernelWidth); w++)
                {
                    float value = X[start + (h * Window.Width.Value) + w];
                    bool wins = best < 0 | value > max | float.IsNaN(value);
                    max = wins ? value : max;
                    best = wins ? (h * Window.Width.Value) + w : best;
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
            int plane = Window.Inputs.Quotient(i), place = Window.Inputs.Remainder(i, plane), start = plane * Window.Outputs.Value;
            int row = Window.Width.Quotient(place), column = Window.Width.Remainder(place, row);
            float sum = 0;
            for (int v = Window.FirstOut(row); v <= Window.LastOut(row); v++)
            {
                for (int u = Window.FirstOutColumn(column); u <= Window.LastOutColumn(column); u++)
                {
                    int output = start + (v * Window.OutWidth.Value) + u;
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
            int plane = Window.Outputs.Quotient(i), output = Window.Outputs.Remainder(i, plane), start = plane * Window.Inputs.Value;
            int top = Window.Top(output), left = Window.Left(output);
            double sum = 0;
            for (int h = IntrinsicMath.Max(0, top); h < IntrinsicMath.Min(Window.Height, top + Window.KernelHeight); h++)
            {
                for (int w = IntrinsicMath.Max(0, left); w < IntrinsicMath.Min(Window.Width.Value, left + Window.KernelWidth); w++)
                {
                    sum += X[start + (h * Window.Width.Value) + w];
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
            int plane = Window.Inputs.Quotient(i), place = Window.Inputs.Remainder(i, plane), start = plane * Window.Outputs.Value;
            int row = Window.Width.Quotient(place), column = Window.Width.Remainder(place, row);
            float sum = 0;
            for (int v = Window.FirstOut(row); v <= Window.LastOut(row); v++)
            {
                for (int u = Window.FirstOutColumn(column); u <= Window.LastOutColumn(column); u++)
                {
                    sum += OutputGradient[start + (v * Window.OutWidth.Value) + u];
                }
            }

            InputGradient[i] = sum / (Window.KernelHeight * Window.KernelWidth);
        }
    }
}
