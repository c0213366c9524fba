using KernelCore.Kernels;

namespace KernelCore.Benchmarks;

/// <summary>Everything that a run of the comparison found out.</summary>
internal sealed class Results
{
    /// <summary>Names of the peers, as in the tables.</summary>
    public const string Hooks = "hooks", Vmap = "vmap", Blas = "OpenBLAS";

    private const double Tolerance = 1e-4;

    /// <summary>Times.</summary>
    public Measurements Times { get; } = new();

    /// <summary>Threads behind <see cref="Rates"/>.</summary>
    public required int Threads { get; init; }

    /// <summary>Bounds of the machine, once measured.</summary>
    public Roofline Rates { get; set; } = new("not measured", 0, 0, 0);

    /// <summary>Working memory beyond the floor in bytes, by subject and item as in <see cref="Series"/>.</summary>
    public Dictionary<(string Subject, string Item), double> Memory { get; } = [];

    /// <summary>Largest relative difference of any quantity, by subject and peer.</summary>
    public Dictionary<(string Subject, string Peer), double> LargestDifferences { get; } = [];

    /// <summary>Where implementations disagree. The comparison fails when there are any.</summary>
    public List<string> Disagreements { get; } = [];

    /// <summary>Notes how far a peer's numbers are from KernelCore's.</summary>
    /// <param name="subject">Model or <c>gemm</c>.</param>
    /// <param name="item">Quantity or shape.</param>
    /// <param name="peer">Name of the peer.</param>
    /// <param name="difference">max |x - y| / max |y|; NaN never agrees.</param>
    /// <returns>Whether they agree.</returns>
    public bool Compare(string subject, string item, string peer, double difference)
    {
        LargestDifferences[(subject, peer)] = Math.Max(difference, LargestDifferences.GetValueOrDefault((subject, peer)));
        bool agree = difference <= Tolerance;
        if (!agree)
        {
            Disagreements.Add($"{subject} {item}: {peer} differs by {difference:E1} from KernelCore, allowed {Tolerance:E0}");
        }

        return agree;
    }

    /// <summary>Working memory in bytes; null when it was not measured.</summary>
    public double? WorkingMemory(string subject, string item) => Memory.TryGetValue((subject, item), out double bytes) ? bytes : null;

    /// <summary>Smallest speed-up over any peer that has this quantity; null without peers.</summary>
    public double? LeastSpeedup(string model, Quantity quantity) =>
        new[] { Hooks, Vmap }.Select(peer => Times.Speedup(model, quantity.Name(), peer)).Min();
}
