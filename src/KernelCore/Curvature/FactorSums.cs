using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Running sums of a a^T and s s^T of one block: products in float32 per batch, added over batches in double.</summary>
internal sealed class FactorSums(BlockAddress address)
{
    private readonly double[,] _inputs = new double[address.Inputs, address.Inputs], _outputs = new double[address.Rows, address.Rows];
    private long _rows;

    /// <summary>Adds the rows of one capture.</summary>
    /// <param name="rows">Activations and backprops by position.</param>
    /// <param name="sharing">Whether positions are reduced first.</param>
    /// <param name="withInputs">False when these activations have been added before, with other backprops.</param>
    public void Add(PositionRows rows, WeightSharing sharing, bool withInputs)
    {
        bool reduce = sharing == WeightSharing.Reduce && rows.Positions > 1;
        AddOutputs(rows, reduce);
        if (withInputs)
        {
            AddInputs(rows, reduce);
            _rows += reduce ? rows.Batch : (long)rows.Batch * rows.Positions;
        }
    }

    /// <summary>Divides by the counts and decomposes.</summary>
    /// <param name="device">Where the block goes.</param>
    /// <param name="samples">Number of samples, times the draws per sample.</param>
    public KroneckerBlock ToBlock(Device device, double samples)
    {
        Divide(_inputs, Math.Max(1, _rows));
        Divide(_outputs, samples);
        return new KroneckerBlock(device, address, _inputs, _outputs);
    }

    private void AddOutputs(PositionRows rows, bool reduce)
    {
        using Tensor? sums = reduce ? Reduced(rows.Backprops, address.Rows, rows, 1) : null;
        AddGram(sums ?? rows.Backprops, address.Rows, _outputs);
    }

    private void AddInputs(PositionRows rows, bool reduce)
    {
        using Tensor? means = reduce ? Reduced(rows.Activations, address.Columns, rows, 1f / rows.Positions) : null;
        Tensor a = means ?? rows.Activations;
        AddGram(a, address.Columns, _inputs);
        if (address.Bias < 0)
        {
            return;
        }

        // The border of the appended 1: sums of the activations, and their number.
        int d = address.Columns, count = d == 0 ? rows.Batch * (reduce ? 1 : rows.Positions) : (int)(a.Count / d);
        using Tensor sums = a.Device.Allocate([d]);
        a.Device.Kernels.Parameters.SumRows(a.Reshape([count, d]), sums);
        float[] border = sums.ToArray();
        for (int j = 0; j < d; j++)
        {
            _inputs[j, d] += border[j];
            _inputs[d, j] += border[j];
        }

        _inputs[d, d] += count;
    }

    private static void AddGram(Tensor rows, int columns, double[,] sum)
    {
        int count = columns == 0 ? 0 : (int)(rows.Count / columns);
        using Tensor gram = rows.Device.Allocate([columns, columns]);
        var matrix = new Matrix(rows, count, columns);
        rows.Device.Kernels.LinearAlgebra.Gemm(true, false, 1, matrix, matrix, 0, Matrix.Of(gram));
        float[] values = gram.ToArray();
        for (int i = 0; i < columns; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                sum[i, j] += values[(i * columns) + j];
            }
        }
    }

    /// <summary>scale sum_t of every sample's rows, [batch, columns].</summary>
    private static Tensor Reduced(Tensor values, int columns, PositionRows rows, float scale)
    {
        Device device = values.Device;
        using Tensor ones = device.Allocate([1, rows.Positions]);
        ones.Fill(scale);
        Tensor reduced = device.Allocate([rows.Batch, columns]);
        for (int i = 0; i < rows.Batch; i++)
        {
            var sample = new Matrix(values, (long)i * rows.Positions * columns, rows.Positions, columns, columns);
            device.Kernels.LinearAlgebra.Gemm(false, false, 1, Matrix.Of(ones), sample, 0, new Matrix(reduced, (long)i * columns, 1, columns, columns));
        }

        return reduced;
    }

    private static void Divide(double[,] matrix, double divisor)
    {
        for (int i = 0; i < matrix.GetLength(0); i++)
        {
            for (int j = 0; j < matrix.GetLength(1); j++)
            {
                matrix[i, j] /= divisor;
            }
        }
    }
}
