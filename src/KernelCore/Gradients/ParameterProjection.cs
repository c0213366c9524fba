using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>Projects the per-sample gradients of one parameter.</summary>
internal abstract class ParameterProjection : IDisposable
{
    /// <summary>Bits of a Philox stream left for the row of a matrix; above them the parameter and the side.</summary>
    protected const int RowBits = 32;

    /// <summary>Numbers per sample.</summary>
    public int Size { get; protected init; }

    /// <summary>Projects the gradients of a batch to [batch, <see cref="Size"/>].</summary>
    public abstract void Run(ParameterUses uses, Workspace workspace, Tensor result);

    public abstract void Dispose();

    protected static ulong Stream(int parameter, int side) => (((ulong)parameter * 2) + (ulong)side + 1) << RowBits;
}

/// <summary>A parameter that is a vector: its gradients are formed and multiplied by a sign matrix.</summary>
internal sealed class VectorProjection : ParameterProjection
{
    private readonly int _count;
    private readonly Tensor? _signs;

    public VectorProjection(Device device, GradientProjection projection, ParameterUses uses, int count)
    {
        _count = count;
        Size = (int)Math.Min(count, (long)projection.Outputs * projection.Inputs);
        _signs = Size == count ? null : device.Allocate([Size, count], Rademacher.Matrix(Size, count, projection.Seed, Stream(uses.Parameter, 0)));
    }

    public override void Run(ParameterUses uses, Workspace workspace, Tensor result)
    {
        IKernels kernels = result.Device.Kernels;
        if (_signs is null)
        {
            kernels.PerSample.Materialise(uses.Uses, uses.Role, result);
            return;
        }

        Tensor gradients = workspace.Next([result.Shape[0], _count]);
        kernels.PerSample.Materialise(uses.Uses, uses.Role, gradients);
        kernels.LinearAlgebra.Gemm(false, true, 1, Matrix.Of(gradients), Matrix.Of(_signs), 0, Matrix.Of(result));
    }

    public override void Dispose() => _signs?.Dispose();
}

/// <summary>
/// A weight matrix: the two factors of its gradient are projected each on its own. What results is the capture of a
/// small layer, whose gradients are formed as those of any layer.
/// </summary>
internal sealed class KroneckerProjection : ParameterProjection
{
    private readonly int _groups, _rows, _columns;
    private readonly Tensor _left, _right;
    private readonly Tensor? _table, _bias;

    public KroneckerProjection(Device device, GradientProjection projection, ParameterUses uses, bool foldBias)
    {
        LayerCapture use = uses.Captures[0];
        _groups = use.Geometry?.Groups ?? 1;
        int outputs = use.WeightRows, inputs = use.WeightColumns + (foldBias ? 1 : 0);
        int perGroup = outputs / _groups;
        float[] right = Rademacher.Matrix(projection.Inputs, inputs, projection.Seed, Stream(uses.Parameter, 1));
        _rows = Math.Min(Math.Max(1, projection.Outputs / _groups), perGroup);
        _columns = right.Length / inputs;
        var left = new List<float>();
        for (int group = 0; group < _groups; group++)
        {
            left.AddRange(Rademacher.Matrix(_rows, perGroup, projection.Seed, Stream(uses.Parameter, 0) + (ulong)(group * _rows)));
        }

        Size = _groups * _rows * _columns;
        _left = device.Allocate([_groups * _rows, perGroup], [.. left]);
        float[] body = Slice(right, inputs, 0, use.WeightColumns), bias = Slice(right, inputs, use.WeightColumns, inputs);
        _right = device.Allocate([_groups * _columns, use.WeightColumns], Repeat(body, _groups));
        _bias = foldBias ? device.Allocate([_groups * _columns], Repeat(bias, _groups)) : null;
        if (Array.Exists(uses.Captures, c => c.Kind == CaptureKind.Lookup))
        {
            _table = device.Allocate([outputs, _rows], Transpose([.. left], _rows, outputs, uses.Captures.First(c => c.Kind == CaptureKind.Lookup).PaddingIndex));
        }
    }

    public override void Run(ParameterUses uses, Workspace workspace, Tensor result)
    {
        LayerCapture[] small = [.. uses.Captures.Select(use => use.Kind switch
        {
            CaptureKind.Convolution => Convolution(use, workspace),
            CaptureKind.Lookup => Lookup(use, workspace),
            _ => Linear(use, workspace),
        })];
        result.Device.Kernels.PerSample.Materialise(small, ParameterRole.Weight, result);
    }

    public override void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
        _table?.Dispose();
        _bias?.Dispose();
    }

    private LayerCapture Linear(LayerCapture use, Workspace workspace)
    {
        int positions = use.Batch * use.Positions;
        Tensor activation = workspace.Next([positions, _columns]), backprop = workspace.Next([positions, _rows]);
        Product(use.Activation!, positions, _right, activation, _bias);
        Product(use.Backprop, positions, _left, backprop, null);
        return Small(use, activation, backprop);
    }

    /// <summary>Row of the table's gradient is an index: projecting it looks a column of signs up.</summary>
    private LayerCapture Lookup(LayerCapture use, Workspace workspace)
    {
        int positions = use.Batch * use.Positions;
        Tensor activation = workspace.Next([positions, _columns]), backprop = workspace.Next([positions, _rows]);
        Product(use.Backprop, positions, _right, activation, null);
        activation.Device.Kernels.Layers.Embedding(use.Indices!, _table!, backprop);
        return Small(use, activation, backprop);
    }

    /// <summary>Projected patches are a convolution with the signs as weights; projected backprops one with 1 x 1 kernels.</summary>
    private LayerCapture Convolution(LayerCapture use, Workspace workspace)
    {
        ConvolutionGeometry g = use.Geometry!;
        int inputs = _groups * _columns, outputs = _groups * _rows;
        Tensor activation = workspace.Next([use.Batch, inputs, g.OutHeight, g.OutWidth]);
        Tensor backprop = workspace.Next([use.Batch, outputs, g.OutHeight, g.OutWidth]);
        ILayerKernels kernels = activation.Device.Kernels.Layers;
        kernels.Convolution(g with { OutChannels = inputs }, use.Batch, use.Activation!, _right, _bias, activation);
        kernels.Convolution(Pointwise(g, g.OutChannels, outputs), use.Batch, use.Backprop, _left, null, backprop);
        return use with
        {
            WeightShape = [outputs, _columns, 1, 1],
            Activation = activation,
            Backprop = backprop,
            Output = null,
            Geometry = Pointwise(g, inputs, outputs),
            Layout = new ChannelLayout(1, outputs, g.Positions),
        };
    }

    private static ConvolutionGeometry Pointwise(ConvolutionGeometry g, int inputs, int outputs) => new(
        inputs, outputs, g.Groups, g.OutHeight, g.OutWidth, 1, 1, 1, 1, 0, 0, 1, 1, g.OutHeight, g.OutWidth);

    private LayerCapture Small(LayerCapture use, Tensor activation, Tensor backprop) => use with
    {
        Kind = CaptureKind.Linear,
        WeightShape = [_rows, _columns],
        Activation = activation,
        Backprop = backprop,
        Indices = null,
        Output = null,
        Layout = new ChannelLayout(use.Positions, _rows, 1),
    };

    private static void Product(Tensor values, int rows, Tensor signs, Tensor result, Tensor? bias) =>
        values.Device.Kernels.LinearAlgebra.Gemm(
            false, true, 1, new Matrix(values, rows, signs.Shape[1]), Matrix.Of(signs), 0, Matrix.Of(result), bias);

    private static float[] Slice(float[] matrix, int width, int start, int end) =>
        [.. Enumerable.Range(0, matrix.Length / width).SelectMany(row => matrix[((row * width) + start)..((row * width) + end)])];

    private static float[] Repeat(float[] values, int times) => [.. Enumerable.Repeat(values, times).SelectMany(v => v)];

    private static float[] Transpose(float[] matrix, int rows, int columns, int zeroRow)
    {
        var result = new float[matrix.Length];
        for (int column = 0; column < columns; column++)
        {
            for (int row = 0; row < rows && column != zeroRow; row++)
            {
                result[(column * rows) + row] = matrix[(row * columns) + column];
            }
        }

        return result;
    }
}
