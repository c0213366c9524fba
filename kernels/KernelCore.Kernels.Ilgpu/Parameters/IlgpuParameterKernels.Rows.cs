using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuParameterKernels
{
    public void SumRows(Tensor values, Tensor result) => device.ForEach((int)result.Count, new ColumnSum
    {
        Values = DeviceMemory.Of(values), Result = DeviceMemory.Of(result), Rows = result.Count == 0 ? 0 : (int)(values.Count / result.Count), Columns = (int)result.Count,
    });

    public void ScaleRows(Tensor factors, Tensor x) => device.ForEach((int)x.Count, new RowScaling
    {
        X = DeviceMemory.Of(x), Factors = DeviceMemory.Of(factors), Columns = new(factors.Count == 0 ? 1 : (int)(x.Count / factors.Count)),
    });

    public void CopyRows(Tensor source, Matrix destination) => device.ForEach((int)source.Count, new RowCopy
    {
        Source = DeviceMemory.Of(source), Destination = DeviceMemory.Of(destination), Columns = new(destination.Columns), Stride = destination.Stride,
    });

    /// <summary>One thread adds a column from top to bottom, in double.</summary>
    internal struct ColumnSum : IElement
    {
        public ArrayView<float> Values, Result;
        public int Rows, Columns;

        public readonly void At(int column)
        {
            double sum = 0;
            for (int row = 0; row < Rows; row++)
            {
                sum += Values[(row * Columns) + column];
            }

            Result[column] = (float)sum;
        }
    }

    internal struct RowCopy : IElement
    {
        public ArrayView<float> Source, Destination;
        public Divisor Columns;
        public int Stride;

        public readonly void At(int i)
        {
            int row = Columns.Quotient(i);
            Destination[(row * Stride) + Columns.Remainder(i, row)] = Source[i];
        }
    }

    internal struct RowScaling : IElement
    {
        public ArrayView<float> X, Factors;
        public Divisor Columns;

        public readonly void At(int i) => X[i] *= Factors[Columns.Quotient(i)];
    }
}
