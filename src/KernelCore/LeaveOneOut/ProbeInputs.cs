using KernelCore.Data;
using KernelCore.Kernels;

namespace KernelCore.LeaveOneOut;

/// <summary>What a linear probe sees: features with a one appended for the bias, on a device and in double on the host.</summary>
internal sealed class ProbeInputs : IDisposable
{
    public ProbeInputs(Dataset data, Device device)
    {
        (Data, Width) = (data, data.SampleSize + 1);
        var rows = new float[checked(data.Count * Width)];
        for (int i = 0; i < data.Count; i++)
        {
            data.Sample(i).CopyTo(rows.AsSpan(i * Width));
            rows[((i + 1) * Width) - 1] = 1;
        }

        Rows = device.Allocate([data.Count, Width], rows);
        Host = Array.ConvertAll(rows, v => (double)v);
    }

    public Dataset Data { get; }

    /// <summary>Samples, N.</summary>
    public int Count => Data.Count;

    /// <summary>Classes, C.</summary>
    public int Classes => Data.ClassCount;

    /// <summary>Features and the one, W.</summary>
    public int Width { get; }

    /// <summary>Parameters of a probe, P = C W; of class c and feature a at c W + a.</summary>
    public int Parameters => Classes * Width;

    /// <summary>[N, W].</summary>
    public Tensor Rows { get; }

    public Device Device => Rows.Device;

    /// <summary>[N, W].</summary>
    public double[] Host { get; }

    public ReadOnlySpan<double> Row(int sample) => Host.AsSpan(sample * Width, Width);

    /// <summary>A block of samples as a matrix.</summary>
    public Matrix Block(int first, int count) => new(Rows, (long)first * Width, count, Width, Width);

    public void Dispose() => Rows.Dispose();
}
