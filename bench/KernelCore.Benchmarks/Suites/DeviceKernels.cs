using KernelCore.Kernels;

namespace KernelCore.Benchmarks;

/// <summary>A kernel of <see cref="DeviceBenchmarks"/>.</summary>
/// <param name="Work">What one run takes at least.</param>
/// <param name="Prepare">Allocates operands that live as long as the device, and returns the run.</param>
internal sealed record DeviceKernel(KernelWork Work, Func<Device, Action> Prepare);

/// <summary>The kernels of <see cref="DeviceBenchmarks"/>, on operands beyond the caches of a GPU; small ones on the emulator.</summary>
internal static class DeviceKernels
{
    private static readonly int Batch = BenchmarkDevice.IsEmulator ? 8 : 8192;
    private static readonly int Width = BenchmarkDevice.IsEmulator ? 32 : 2048;
    private static readonly int Classes = BenchmarkDevice.IsEmulator ? 10 : 1000;
    private static readonly int Images = BenchmarkDevice.IsEmulator ? 1 : 256;
    private static readonly int Channels = BenchmarkDevice.IsEmulator ? 4 : 64;
    private static readonly int Sequences = BenchmarkDevice.IsEmulator ? 1 : 256, Tokens = BenchmarkDevice.IsEmulator ? 8 : 64, Features = BenchmarkDevice.IsEmulator ? 32 : 1024;

    private static readonly ConvolutionGeometry Image = new(Channels, Channels, 1, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1, 16, 16);

    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, DeviceKernel> All { get; } = new Dictionary<string, DeviceKernel>
    {
        ["axpy"] = new(KernelShapes.Axpy(Elements).Work, device =>
        {
            Tensor x = Normal(device, 1), y = Normal(device, 2);
            return () => device.Kernels.Parameters.Axpy(1e-3f, x, y);
        }),
        ["adam"] = new(KernelShapes.Adam(Elements).Work, device =>
        {
            Tensor w = Normal(device, 1), g = Normal(device, 2), m = device.Allocate([Batch, Width]), v = device.Allocate([Batch, Width]);
            return () => device.Kernels.Parameters.Adam(new AdamStep(1e-3f, 0.9f, 0.999f, 1e-8f, 0, Decoupled: false, Step: 10), w, g, m, v);
        }),
        ["gelu"] = new(KernelShapes.Activation(Elements).Work, device =>
        {
            Tensor x = Normal(device, 1), y = Normal(device, 2);
            return () => device.Kernels.Layers.Activation(ActivationKind.Gelu, 0, x, y);
        }),
        ["gelu gradient"] = new(KernelShapes.ActivationGradient(Elements).Work, device =>
        {
            Tensor x = Normal(device, 1), y = Normal(device, 2), gy = Normal(device, 3), gx = Normal(device, 4);
            return () => device.Kernels.Layers.ActivationGradient(ActivationKind.Gelu, 0, x, y, gy, gx);
        }),
        ["layer norm"] = new(KernelShapes.SegmentNorm(Batch, Width).Work, device =>
        {
            Tensor x = Normal(device, 1), y = Normal(device, 2), inverse = device.Allocate([Batch]);
            return () => device.Kernels.Layers.NormalizeSegments(Batch, Width, 1e-5f, x, y, inverse);
        }),
        ["cross-entropy"] = new(KernelShapes.CrossEntropy(Batch, Classes).Work, device =>
        {
            Tensor logits = Normal(device, 1, Batch, Classes), cotangent = Normal(device, 2, Batch, Classes), loss = device.Allocate([Batch]);
            IndexTensor labels = Labels(device);
            return () => device.Kernels.Losses.CrossEntropy(logits, labels, 1f / Batch, loss, cotangent);
        }),
        ["head scores"] = new(KernelShapes.HeadScores(Batch, Classes, Width).Work, device =>
        {
            Tensor logits = Normal(device, 1, Batch, Classes), inputs = Normal(device, 2), bias = Normal(device, 3, 1, Classes);
            Tensor result = device.Allocate([ILossKernels.HeadQuantities, Batch]);
            IndexTensor labels = Labels(device);
            return () => device.Kernels.Losses.HeadScores(logits, labels, inputs, bias, 1, ScoreMode.Exact, result);
        }),
        ["gemm"] = new(KernelShapes.Gemm(Batch, Width, Width).Work, device =>
        {
            Matrix a = Matrix.Of(Normal(device, 1)), b = Matrix.Of(Normal(device, 2, Width, Width)), c = Matrix.Of(Normal(device, 3));
            return () => device.Kernels.LinearAlgebra.Gemm(false, true, 1, a, b, 0, c);
        }),
        ["gemm gelu"] = new(KernelShapes.ActivatedGemm(Batch, Width, Width).Work, device =>
        {
            Matrix a = Matrix.Of(Normal(device, 1)), b = Matrix.Of(Normal(device, 2, Width, Width)), c = Matrix.Of(Normal(device, 3)), f = Matrix.Of(Normal(device, 4));
            return () => device.Kernels.LinearAlgebra.Gemm(false, true, 1, a, b, 0, c, null, new ActivatedOutput(ActivationKind.Gelu, 0, f));
        }),
        ["convolution"] = new(KernelShapes.Convolution(Image, Images).Work, device =>
        {
            Tensor x = Normal(device, 1, Images, Image.InputSize), y = Normal(device, 2, Images, Image.OutputSize), w = Normal(device, 3, Channels, Image.PatchSize);
            return () => device.Kernels.Layers.Convolution(Image, Images, x, w, null, y);
        }),
        ["convolution norms"] = new(KernelShapes.ConvolutionNorms(Image, Images).Work, device =>
        {
            LayerCapture[] uses = [Capture(device, CaptureKind.Convolution, Images, Image.Positions, Channels, Image.InputSize, Image.OutputSize)];
            Tensor norms = device.Allocate([Images]);
            return () => device.Kernels.PerSample.SquaredNorms(uses, ParameterRole.Weight, NormFormula.Direct, norms);
        }),
        ["token norms"] = new(KernelShapes.LinearNorms(Sequences, Features, Features, Tokens).Work, device => Norms(device, NormFormula.Direct)),
        ["token Gram norms"] = new(KernelShapes.LinearGramNorms(Sequences, Features, Features, Tokens).Work, device => Norms(device, NormFormula.Gram)),
        ["token weighted sum"] = new(KernelShapes.Gemm(Features, Features, Sequences * Tokens).Work, device =>
        {
            LayerCapture[] uses = [Sequence(device)];
            Tensor coefficients = Normal(device, 3, 1, Sequences), sum = device.Allocate([Features, Features]);
            return () => device.Kernels.PerSample.WeightedSum(uses, ParameterRole.Weight, coefficients.View(0, [Sequences]), 0, sum);
        }),
    };

    private static long Elements => (long)Batch * Width;

    private static Action Norms(Device device, NormFormula formula)
    {
        LayerCapture[] uses = [Sequence(device)];
        Tensor norms = device.Allocate([Sequences]);
        return () => device.Kernels.PerSample.SquaredNorms(uses, ParameterRole.Weight, formula, norms);
    }

    private static LayerCapture Sequence(Device device) =>
        Capture(device, CaptureKind.Linear, Sequences, Tokens, Features, Tokens * Features, Tokens * Features);

    private static LayerCapture Capture(Device device, CaptureKind kind, int batch, int positions, int outputs, int inputSize, int outputSize) => new()
    {
        Layer = "layer",
        Kind = kind,
        Batch = batch,
        Positions = positions,
        WeightShape = kind == CaptureKind.Convolution ? [outputs, Image.PatchSize] : [outputs, inputSize / positions],
        WeightIndex = 0,
        Activation = Normal(device, 1, batch, inputSize),
        Backprop = Normal(device, 2, batch, outputSize),
        Geometry = kind == CaptureKind.Convolution ? Image : null,
        Layout = kind == CaptureKind.Convolution ? new(1, outputs, positions) : new(positions, outputs, 1),
    };

    private static Tensor Normal(Device device, ulong stream) => Normal(device, stream, Batch, Width);

    private static Tensor Normal(Device device, ulong stream, int rows, int columns)
    {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Philox.Normal(1, stream, (ulong)i);
        }

        return device.Allocate([rows, columns], values);
    }

    private static IndexTensor Labels(Device device) =>
        device.AllocateIndices([Batch], [.. Enumerable.Range(0, Batch).Select(i => Philox.Integer(1, 9, (ulong)i, Classes))]);
}
