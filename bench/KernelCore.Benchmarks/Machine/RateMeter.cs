using System.Diagnostics;
using KernelCore.Kernels;

namespace KernelCore.Benchmarks;

/// <summary>
/// Measures what this machine can do at most, a sample at a time, so that samples can be spread over a run: fused
/// multiply-adds of all threads, two flops each, and copying between arrays beyond the caches, bytes read plus bytes written.
/// </summary>
internal sealed class RateMeter
{
    private const int FmaRepeats = 16;
    private const int CopyFloats = 64 << 20;

    private readonly int _threads;
    private readonly float[] _source = new float[CopyFloats], _destination = new float[CopyFloats];
    private readonly List<double> _flops = [], _bytes = [];

    /// <summary>Prepares the arrays: 256 MiB each, touched once.</summary>
    /// <param name="threads">Threads of the measured work.</param>
    public RateMeter(int threads)
    {
        _threads = threads;
        _source.AsSpan().Fill(1);
        _destination.AsSpan().Fill(2);
    }

    /// <summary>Medians of the samples so far. A vector holds half as many doubles.</summary>
    public Roofline Rates
    {
        get
        {
            double flops = Statistics.Median(_flops);
            return new Roofline("cpu", flops, flops / 2, Statistics.Median(_bytes));
        }
    }

    /// <summary>Takes one sample of both rates.</summary>
    public void Sample()
    {
        _flops.Add(_threads * FmaRepeats * FmaLoop.Flops / Seconds(_ =>
        {
            for (int i = 0; i < FmaRepeats; i++)
            {
                FmaLoop.Run();
            }
        }));
        int share = CopyFloats / _threads;
        _bytes.Add(2.0 * share * _threads * sizeof(float) / Seconds(worker =>
            _source.AsSpan(worker * share, share).CopyTo(_destination.AsSpan(worker * share, share))));
    }

    /// <summary>All threads start together; from the first that begins to the last that ends, by their own clocks.</summary>
    private double Seconds(Action<int> body)
    {
        using var start = new Barrier(_threads);
        long[] begin = new long[_threads], end = new long[_threads];
        var threads = Enumerable.Range(0, _threads).Select(worker => new Thread(() =>
        {
            start.SignalAndWait();
            begin[worker] = Stopwatch.GetTimestamp();
            body(worker);
            end[worker] = Stopwatch.GetTimestamp();
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return Stopwatch.GetElapsedTime(begin.Min(), end.Max()).TotalSeconds;
    }
}
