namespace KernelCore.Kernels.Cpu.Tests;

/// <summary>Every layer, loss and parameter operation on fixed data, large enough to be split among threads.</summary>
internal static class Operations
{
    /// <summary>Names of the operations.</summary>
    public static IEnumerable<string> Names => All.Keys;

    private static readonly Dictionary<string, Action<IKernels, Data>> All = new()
    {
        ["relu"] = (k, d) => k.Layers.Activation(ActivationKind.Relu, 0, d.X, d.Y),
        ["gelu"] = (k, d) => k.Layers.Activation(ActivationKind.Gelu, 0, d.X, d.Y),
        ["gelu gradient"] = (k, d) => k.Layers.ActivationGradient(ActivationKind.Gelu, 0, d.X, d.Y, d.G, d.Out),
        ["max pool"] = (k, d) => k.Layers.MaxPool(Data.Pool, Data.Planes, d.X, d.Pooled, d.Argmax),
        ["max pool gradient"] = (k, d) =>
        {
            k.Layers.MaxPool(Data.Pool, Data.Planes, d.X, d.Pooled, d.Argmax);
            k.Layers.MaxPoolGradient(Data.Pool, Data.Planes, d.Argmax, d.Pooled, d.Out);
        },
        ["average pool"] = (k, d) => k.Layers.AveragePool(Data.Pool, Data.Planes, d.X, d.Pooled),
        ["average pool gradient"] = (k, d) => k.Layers.AveragePoolGradient(Data.Pool, Data.Planes, d.G, d.Out),
        ["mean"] = (k, d) => k.Layers.Mean(new ChannelLayout(1024, 64, 1), d.X, d.Row),
        ["mean of tokens"] = (k, d) => k.Layers.Mean(new ChannelLayout(8, 64, 128), d.X, d.Row),
        ["mean gradient"] = (k, d) => k.Layers.MeanGradient(new ChannelLayout(8, 64, 128), d.G, d.Out),
        ["segments"] = (k, d) => k.Layers.NormalizeSegments(512, 128, 1e-5f, d.X, d.Out, d.Row),
        ["segments gradient"] = (k, d) => k.Layers.NormalizeSegmentsGradient(512, 128, d.X, d.Row, d.G, d.Out),
        ["statistics"] = (k, d) => k.Layers.ChannelStatistics(Data.Images, d.X, d.Row, d.Out),
        ["statistics of columns"] = (k, d) => k.Layers.ChannelStatistics(Data.Vectors, d.X, d.Row, d.Out),
        ["channels"] = (k, d) => k.Layers.NormalizeChannels(Data.Images, 1e-5f, d.X, d.Small, d.Positive, d.Out, d.Row),
        ["channels gradient"] = (k, d) => k.Layers.NormalizeChannelsGradient(Data.Images, true, d.X, d.Positive, d.G, d.Out),
        ["columns gradient"] = (k, d) => k.Layers.NormalizeChannelsGradient(Data.Vectors, true, d.X, d.Positive, d.G, d.Out),
        ["scale shift"] = (k, d) => k.Layers.ScaleShift(Data.Images, d.X, d.Small, d.Small, d.Out),
        ["embedding"] = (k, d) => k.Layers.Embedding(d.Labels, d.X, d.Out),
        ["attention"] = (k, d) => k.Layers.Attention(Data.Heads, d.Packed, d.Probabilities, d.Out),
        ["attention gradient"] = (k, d) =>
        {
            k.Layers.Attention(Data.Heads, d.Packed, d.Probabilities, d.Out);
            k.Layers.AttentionGradient(Data.Heads, d.Packed, d.Probabilities, d.G, d.PackedOut);
        },
        ["activation gradient tangent"] = (k, d) => k.Tangents.ActivationGradient(ActivationKind.GeluTanh, 0, d.X, d.X, d.Y, d.G, d.Y, d.Out),
        ["scale shift tangent"] = (k, d) => k.Tangents.ScaleShift(Data.Images, d.X, d.G, d.Small, d.Small, d.Small, d.Out),
        ["segments tangent"] = (k, d) => k.Tangents.NormalizeSegments(512, 128, d.X, d.Losses, d.G, d.Out, d.Row),
        ["segments gradient tangent"] = (k, d) => k.Tangents.NormalizeSegmentsGradient(512, 128, d.X, d.Row, d.Y, d.Losses, d.G, d.Y, d.Out),
        ["max pool tangent"] = (k, d) =>
        {
            k.Layers.MaxPool(Data.Pool, Data.Planes, d.X, d.Pooled, d.Argmax);
            k.Tangents.MaxPool(Data.Pool, Data.Planes, d.Argmax, d.G, d.Out);
        },
        ["embedding tangent"] = (k, d) => k.Tangents.Embedding(d.Labels, 7, d.X, d.Out),
        ["attention tangent"] = (k, d) =>
        {
            k.Layers.Attention(Data.Heads, d.Packed, d.Probabilities, d.Out);
            k.Tangents.Attention(Data.Heads, d.Packed, d.Probabilities, d.Packed, d.Pooled, d.Out);
        },
        ["attention gradient tangent"] = (k, d) =>
        {
            k.Layers.Attention(Data.Heads, d.Packed, d.Probabilities, d.Out);
            k.Tangents.AttentionGradient(Data.Heads, d.Packed, d.Probabilities, d.Packed, d.Pooled, d.G, d.Y, d.PackedOut);
        },
        ["cross-entropy curvature"] = (k, d) => k.Tangents.CrossEntropyCurvature(d.X, d.Y, 1, d.G, d.Out),
        ["dropout"] = (k, d) => k.Layers.Dropout(1, 2, 0.5f, d.X, d.Out),
        ["add"] = (k, d) => k.Layers.Add(d.X, d.G, d.Out),
        ["add row"] = (k, d) => k.Layers.AddRow(d.X, d.Small, d.Out),
        ["cross-entropy"] = (k, d) => k.Losses.CrossEntropy(d.X, d.Labels, 1, d.Row, d.Out),
        ["soft cross-entropy"] = (k, d) => k.Losses.CrossEntropy(d.X, d.G, 1, d.Losses, d.Out),
        ["squared error"] = (k, d) => k.Losses.SquaredError(d.X, d.G, 1, d.Losses, d.Out),
        ["head scores"] = (k, d) => k.Losses.HeadScores(d.X, d.Labels, d.G, d.Small, 1.5f, ScoreMode.Exact, d.Out),
        ["head scores, reference"] = (k, d) => k.Losses.HeadScores(d.X, d.Labels, d.G, d.Small, 1.5f, ScoreMode.Reference, d.Out),
        ["axpy"] = (k, d) => k.Parameters.Axpy(0.5f, d.X, d.G),
        ["scale"] = (k, d) => k.Parameters.Scale(0.5f, d.G),
        ["dot"] = (k, d) => d.Row.Span[0] = (float)k.Parameters.Dot(d.X, d.G),
        ["sgd"] = (k, d) => k.Parameters.Sgd(new SgdStep(0.1f, 0.9f, 0.01f, true, false), d.G, d.X, d.Y),
        ["adam"] = (k, d) => k.Parameters.Adam(new AdamStep(0.1f, 0.9f, 0.999f, 1e-8f, 0.01f, true, 2), d.G, d.X, d.Y, d.Out),
        ["sum rows"] = (k, d) => k.Parameters.SumRows(d.X, d.Small),
        ["scale rows"] = (k, d) => k.Parameters.ScaleRows(d.Losses, d.G),
        ["copy rows"] = (k, d) => k.Parameters.CopyRows(d.X, Matrix.Of(d.Out)),
    };

    /// <summary>Prepares an operation on a device; the result runs it.</summary>
    public static Run Prepare(string name, Device device) => new(All[name], device);

    /// <summary>An operation with its data.</summary>
    public sealed class Run(Action<IKernels, Data> operation, Device device) : IDisposable
    {
        private readonly Data _data = new(device);

        public void Once() => operation(device.Kernels, _data);

        /// <summary>The bits of everything the operation may have written.</summary>
        public int[] Bits() =>
            [.. _data.Outputs.SelectMany(tensor => tensor.ToArray()).Select(BitConverter.SingleToInt32Bits), .. _data.Argmax.ToArray()];

        public void Dispose() => device.Dispose();
    }

    /// <summary>64 Ki elements, seen as 64 images of 16 channels of 8 x 8, or 512 rows of 128.</summary>
    public sealed class Data(Device device)
    {
        public const int Planes = 1024;
        public static readonly PoolGeometry Pool = new(8, 8, 3, 3, 1, 1, 1, 1, 8, 8);
        public static readonly ChannelLayout Images = new(64, 16, 64), Vectors = new(512, 128, 1);
        public static readonly AttentionGeometry Heads = new(8, 32, 4, 16);

        public Tensor X { get; } = Normal(device, 1, 512, 128);

        public Tensor G { get; } = Normal(device, 2, 512, 128);

        public Tensor Y { get; } = Normal(device, 3, 512, 128);

        public Tensor Out { get; } = device.Allocate([512, 128]);

        public Tensor Pooled { get; } = Normal(device, 4, 1024, 64);

        public Tensor Row { get; } = Normal(device, 5, 1024);

        public Tensor Small { get; } = Normal(device, 6, 128);

        public Tensor Positive { get; } = device.Allocate([128], [.. Enumerable.Range(1, 128).Select(i => i / 100f)]);

        public Tensor Losses { get; } = Normal(device, 7, 512);

        public Tensor Packed { get; } = Normal(device, 8, 8, 32, 192);

        public Tensor PackedOut { get; } = device.Allocate([8, 32, 192]);

        public Tensor Probabilities { get; } = device.Allocate([8, 4, 32, 32]);

        public IndexTensor Labels { get; } = device.AllocateIndices([512], Conformance.TestNumbers.Integers(9, 512, 128));

        public IndexTensor Argmax { get; } = device.AllocateIndices([1024, 64]);

        public IEnumerable<Tensor> Outputs => [Out, Pooled, Row, Small, Losses, PackedOut, Probabilities, G, Y];

        private static Tensor Normal(Device device, ulong stream, params int[] extents)
        {
            Shape shape = Shape.Of(extents);
            return device.Allocate(shape, Conformance.TestNumbers.Normal(stream, (int)shape.Count));
        }
    }
}
