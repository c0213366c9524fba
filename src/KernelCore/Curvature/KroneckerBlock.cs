using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Curvature;

/// <summary>Where a block of a Kronecker-factored matrix lies: a Linear layer's weight with its bias, or those of one group of a convolution.</summary>
/// <param name="Weight">Position of the weight in the layout.</param>
/// <param name="Bias">Position of the bias; -1 for none.</param>
/// <param name="Group">Group of a convolution, otherwise 0.</param>
/// <param name="Rows">Outputs p of the block.</param>
/// <param name="Columns">Inputs d of the block, the bias not counted.</param>
internal readonly record struct BlockAddress(int Weight, int Bias, int Group, int Rows, int Columns)
{
    /// <summary>d, or d + 1 with a bias, whose input is always 1.</summary>
    public int Inputs => Bias >= 0 ? Columns + 1 : Columns;

    /// <summary>The blocks that a pass fills, with the captures that do: several for a weight that is used several times.</summary>
    /// <exception cref="UnsupportedLayerException">A weight is shared in a way that has no common factors, or samples are coupled.</exception>
    public static IEnumerable<IGrouping<BlockAddress, LayerCapture>> Of(CaptureSet captures)
    {
        foreach (LayerCapture capture in captures.Captures)
        {
            if (capture.CouplingReason is { } reason)
            {
                throw new UnsupportedLayerException(capture.Layer, reason);
            }
        }

        foreach (ParameterUses uses in captures.Parameters)
        {
            LayerCapture first = uses.Captures[0];
            bool factored = uses.Captures.Any(u => u.Kind is CaptureKind.Linear or CaptureKind.Convolution);
            if (factored && uses.Captures.Any(u => u.Kind != first.Kind || u.BiasIndex != first.BiasIndex))
            {
                throw new UnsupportedLayerException(first.Layer, "its weight is shared with a layer of another kind or bias, so it has no Kronecker factors; freeze it");
            }
        }

        return
            from capture in captures.Captures
            where capture.WeightIndex >= 0 && capture.Kind is CaptureKind.Linear or CaptureKind.Convolution
            from address in Of(capture)
            group capture by address;
    }

    /// <summary>The block's weight rows in a flat parameter vector.</summary>
    public Matrix WeightIn(ParameterLayout layout, Tensor flat) =>
        new(flat, layout.Parameters[Weight].Offset + ((long)Group * Rows * Columns), Rows, Columns, Columns);

    /// <summary>The block's biases in a flat parameter vector, as a column.</summary>
    public Matrix BiasIn(ParameterLayout layout, Tensor flat) => new(flat, layout.Parameters[Bias].Offset + (Group * Rows), Rows, 1, 1);

    private static IEnumerable<BlockAddress> Of(LayerCapture capture)
    {
        int groups = capture.Geometry?.Groups ?? 1;
        return Enumerable.Range(0, groups).Select(group =>
            new BlockAddress(capture.WeightIndex, capture.BiasIndex, group, capture.WeightRows / groups, capture.WeightColumns));
    }
}

/// <summary>(Q_S x Q_A) diag(eigenvalues) (Q_S x Q_A)^T: the approximate Fisher matrix of one block.</summary>
internal sealed class KroneckerBlock : IDisposable
{
    private readonly Tensor _outputBasis, _inputBasis;

    /// <summary>Decomposes the two factors, in double.</summary>
    public KroneckerBlock(Device device, BlockAddress address, double[,] inputFactor, double[,] outputFactor)
    {
        var inputs = new SymmetricEigen(inputFactor);
        var outputs = new SymmetricEigen(outputFactor);
        Address = address;
        _inputBasis = Upload(device, inputs.Vectors);
        _outputBasis = Upload(device, outputs.Vectors);
        Eigenvalues = [.. from s in outputs.Values from a in inputs.Values select Math.Max(0, s) * Math.Max(0, a)];
    }

    public BlockAddress Address { get; }

    /// <summary>[p x inputs]: of output direction o and input direction j, at o inputs + j. Never negative.</summary>
    public double[] Eigenvalues { get; set; }

    /// <summary>A capture whose per-sample gradients are Q_S^T G_i Q_A. The caller disposes its activation and backprop.</summary>
    public LayerCapture Rotate(PositionRows rows)
    {
        ILinearAlgebra algebra = _inputBasis.Device.Kernels.LinearAlgebra;
        int count = rows.Batch * rows.Positions;
        Tensor a = _inputBasis.Device.Allocate([count, Address.Inputs]), s = _inputBasis.Device.Allocate([count, Address.Rows]);
        algebra.Gemm(false, false, 1, new Matrix(rows.Activations, count, Address.Columns), WeightBasis, 0, Matrix.Of(a), BiasRow);
        algebra.Gemm(false, false, 1, new Matrix(rows.Backprops, count, Address.Rows), Matrix.Of(_outputBasis), 0, Matrix.Of(s));
        return new LayerCapture
        {
            Layer = "rotated",
            Kind = CaptureKind.Linear,
            Batch = rows.Batch,
            Positions = rows.Positions,
            WeightShape = [Address.Rows, Address.Inputs],
            Activation = a,
            Backprop = s,
            Layout = new ChannelLayout(rows.Positions, Address.Rows, 1),
        };
    }

    /// <summary>The block of y = (Q_S x Q_A) diag(scales) (Q_S x Q_A)^T x.</summary>
    /// <param name="layout">Of both vectors.</param>
    /// <param name="scales">[p x inputs].</param>
    /// <param name="x">Flat vector.</param>
    /// <param name="y">Flat vector; only this block is written.</param>
    /// <param name="work">Two tensors of at least p x inputs elements.</param>
    public void Apply(ParameterLayout layout, Tensor scales, Tensor x, Tensor y, (Tensor First, Tensor Second) work)
    {
        IKernels kernels = x.Device.Kernels;
        ILinearAlgebra algebra = kernels.LinearAlgebra;
        Matrix first = new(work.First, Address.Rows, Address.Inputs), second = new(work.Second, Address.Rows, Address.Inputs);
        Matrix outputs = Matrix.Of(_outputBasis);
        algebra.Gemm(false, false, 1, Address.WeightIn(layout, x), WeightBasis, 0, first);
        if (Address.Bias >= 0)
        {
            algebra.Gemm(false, false, 1, Address.BiasIn(layout, x), BiasBasis, 1, first);
        }

        algebra.Gemm(true, false, 1, outputs, first, 0, second);
        kernels.Parameters.ScaleRows(scales, work.Second.View(0, [(int)scales.Count, 1]));
        algebra.Gemm(false, false, 1, outputs, second, 0, first);
        algebra.Gemm(false, true, 1, first, WeightBasis, 0, Address.WeightIn(layout, y));
        if (Address.Bias >= 0)
        {
            algebra.Gemm(false, true, 1, first, BiasBasis, 0, Address.BiasIn(layout, y));
        }
    }

    public void Dispose()
    {
        _outputBasis.Dispose();
        _inputBasis.Dispose();
    }

    /// <summary>The rows of Q_A that belong to the weight.</summary>
    private Matrix WeightBasis => new(_inputBasis, Address.Columns, Address.Inputs);

    /// <summary>The row of Q_A that belongs to the bias.</summary>
    private Matrix BiasBasis => new(_inputBasis, (long)Address.Columns * Address.Inputs, 1, Address.Inputs, Address.Inputs);

    private Tensor? BiasRow => Address.Bias >= 0 ? _inputBasis.View((long)Address.Columns * Address.Inputs, [Address.Inputs]) : null;

    private static Tensor Upload(Device device, double[,] matrix)
    {
        int n = matrix.GetLength(0);
        return device.Allocate([n, n], [.. matrix.Cast<double>().Select(v => (float)v)]);
    }
}
