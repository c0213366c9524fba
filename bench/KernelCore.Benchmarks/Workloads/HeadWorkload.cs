using KernelCore.Kernels;

namespace KernelCore.Benchmarks;

/// <summary>The head kernel alone on <see cref="Samples"/> samples, chunk by chunk, out of more memory than any cache holds.</summary>
public sealed class HeadWorkload : IDisposable
{
    /// <summary>Samples of one run.</summary>
    public const int Samples = 1 << 20;

    /// <summary>Width of the head's input z.</summary>
    public const int Width = 128;

    private const int Chunk = 8192;
    private const long ResidentBytes = 512L << 20;
    private const ulong Seed = 2;

    private readonly Tensor _logits, _inputs, _bias, _result;
    private readonly IndexTensor _labels;
    private readonly (Tensor Logits, Tensor Inputs)[] _chunks;
    private readonly ILossKernels _kernels;

    /// <summary>Creates random logits.</summary>
    public HeadWorkload(Device device, int classes)
    {
        Classes = classes;
        _kernels = device.Kernels.Losses;
        int chunks = (int)Math.Min(Samples / Chunk, ResidentBytes / (sizeof(float) * (long)Chunk * (classes + Width)));
        _logits = device.Allocate([chunks * Chunk, classes]);
        _inputs = device.Allocate([chunks * Chunk, Width]);
        _bias = device.Allocate([classes]);
        _result = device.Allocate([ILossKernels.HeadQuantities, Chunk]);
        _labels = device.AllocateIndices([Chunk]);
        _chunks = [.. Enumerable.Range(0, chunks).Select(i =>
            (_logits.View((long)i * Chunk * classes, [Chunk, classes]), _inputs.View((long)i * Chunk * Width, [Chunk, Width])))];
        for (int i = 0; i < Chunk; i++)
        {
            _labels.Span[i] = Philox.Integer(Seed, 0, (ulong)i, classes);
        }

        Repeat(_logits.Span, Chunk * classes, stream: 1);
        Repeat(_inputs.Span, Chunk * Width, stream: 2);
    }

    /// <summary>Logits per sample.</summary>
    public int Classes { get; }

    /// <summary>Bytes of one run that have to come from memory: logits and z. Labels and results of a chunk stay in cache.</summary>
    public static double BytesOf(int classes) => (double)Samples * (classes + Width) * sizeof(float);

    /// <summary>Scores all samples.</summary>
    public void Run()
    {
        for (int i = 0; i < Samples / Chunk; i++)
        {
            var (logits, inputs) = _chunks[i % _chunks.Length];
            _kernels.HeadScores(logits, _labels, inputs, _bias, weightNorm: 1, ScoreMode.Exact, _result);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _logits.Dispose();
        _inputs.Dispose();
        _bias.Dispose();
        _result.Dispose();
        _labels.Dispose();
    }

    private static void Repeat(Span<float> values, int period, ulong stream)
    {
        for (int i = 0; i < period; i++)
        {
            values[i] = Philox.Normal(Seed, stream, (ulong)i);
        }

        for (int start = period; start < values.Length; start += period)
        {
            values[..period].CopyTo(values.Slice(start, period));
        }
    }
}
