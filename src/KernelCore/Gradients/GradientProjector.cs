using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>Carries out a <see cref="GradientProjection"/> on captures. Keeps its memory; not thread safe.</summary>
internal sealed class GradientProjector(ParameterLayout layout, Device device, GradientProjection projection) : IDisposable
{
    private const int PanelElements = 1 << 22;

    private readonly List<ParameterProjection> _projections = [];
    private readonly Workspace _workspace = new(device);

    /// <summary>Columns of the result; known after the first projection.</summary>
    public IReadOnlyList<ProjectedBlock> Blocks { get; private set; } = [];

    /// <summary>Length of one projected gradient.</summary>
    public int Size => Blocks.Sum(b => b.Size);

    /// <summary>Projects every sample's gradient.</summary>
    /// <param name="captures">A pass.</param>
    /// <param name="result">[batch, size]; allocated when it is null.</param>
    public void Project(CaptureSet captures, ref Tensor? result)
    {
        _workspace.Reset();
        if (Blocks.Count == 0)
        {
            Plan(captures);
        }

        result ??= device.Allocate([captures.Batch, Size]);
        if (projection.DenseSize > 0)
        {
            Dense(captures, result);
            return;
        }

        for (int i = 0; i < _projections.Count; i++)
        {
            ProjectedBlock block = Blocks[i];
            Tensor part = _workspace.Next([captures.Batch, block.Size]);
            ParameterUses uses = captures.Parameters.First(p => p.Parameter == block.Parameter);
            _projections[i].Run(uses, _workspace, part);
            device.Kernels.Parameters.CopyRows(part, new Matrix(result, block.Offset, captures.Batch, block.Size, Size));
        }
    }

    public void Dispose()
    {
        _projections.ForEach(p => p.Dispose());
        _workspace.Dispose();
    }

    private void Plan(CaptureSet captures)
    {
        if (projection.DenseSize > 0)
        {
            Blocks = [new ProjectedBlock(-1, 0, projection.DenseSize)];
            return;
        }

        var folded = captures.Captures
            .Where(c => c is { Kind: CaptureKind.Linear or CaptureKind.Convolution, WeightIndex: >= 0, BiasIndex: >= 0 }
                && captures.Captures.Count(o => o.WeightIndex == c.WeightIndex || o.BiasIndex == c.BiasIndex) == 1)
            .Select(c => c.BiasIndex)
            .ToHashSet();
        var blocks = new List<ProjectedBlock>();
        int offset = 0;
        foreach (ParameterUses uses in captures.Parameters.Where(p => !(p.Role == ParameterRole.Bias && folded.Contains(p.Parameter))))
        {
            LayerCapture first = uses.Captures[0];
            ParameterProjection planned = uses.Role == ParameterRole.Weight && first.Kind is CaptureKind.Linear or CaptureKind.Convolution or CaptureKind.Lookup
                ? new KroneckerProjection(device, projection, uses, folded.Contains(first.BiasIndex))
                : new VectorProjection(device, projection, uses, (int)layout.Parameters[uses.Parameter].Shape.Count);
            _projections.Add(planned);
            blocks.Add(new ProjectedBlock(uses.Parameter, offset, planned.Size));
            offset += planned.Size;
        }

        Blocks = blocks;
    }

    /// <summary>result = sum over parameters of G_k S_k^T, the signs made panel by panel.</summary>
    private void Dense(CaptureSet captures, Tensor result)
    {
        int size = projection.DenseSize;
        bool first = true;
        float[] signs = [];
        foreach (ParameterUses uses in captures.Parameters)
        {
            ParameterInfo info = layout.Parameters[uses.Parameter];
            int count = (int)info.Shape.Count, width = Math.Clamp(PanelElements / size, 1, Math.Max(1, count));
            using Tensor gradients = device.Allocate([captures.Batch, count]), panel = device.Allocate([size, width]);
            device.Kernels.PerSample.Materialise(uses.Uses, uses.Role, gradients);
            for (int start = 0; start < count; start += width)
            {
                int columns = Math.Min(width, count - start);
                Array.Resize(ref signs, size * columns);
                for (int row = 0; row < size; row++)
                {
                    Rademacher.Fill(signs.AsSpan(row * columns, columns), projection.Seed, (ulong)row, info.Offset + start, 1 / MathF.Sqrt(size));
                }

                panel.View(0, [size, columns]).CopyFrom(signs);
                device.Kernels.LinearAlgebra.Gemm(
                    false, true, 1, new Matrix(gradients, start, captures.Batch, columns, count), new Matrix(panel, size, columns),
                    first ? 0 : 1, Matrix.Of(result));
                first = false;
            }
        }
    }
}

/// <summary>Tensors that are used again from pass to pass, in the order of their allocation.</summary>
internal sealed class Workspace(Device device) : IDisposable
{
    private readonly List<Tensor> _tensors = [];
    private int _next;

    /// <summary>Starts over: everything handed out may be overwritten.</summary>
    public void Reset() => _next = 0;

    public Tensor Next(Shape shape)
    {
        if (_next == _tensors.Count)
        {
            _tensors.Add(device.Allocate(shape));
        }
        else if (_tensors[_next].Count < shape.Count)
        {
            _tensors[_next].Dispose();
            _tensors[_next] = device.Allocate(shape);
        }

        return _tensors[_next++].View(0, shape);
    }

    public void Dispose() => _tensors.ForEach(t => t.Dispose());
}
