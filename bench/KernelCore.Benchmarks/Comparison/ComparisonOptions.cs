namespace KernelCore.Benchmarks;

/// <summary>How the comparison runs.</summary>
/// <param name="Rounds">Rounds of every figure.</param>
/// <param name="Block">Seconds of one timed block.</param>
/// <param name="Threads">Threads of KernelCore and of every peer.</param>
/// <param name="Models">Names of workloads.</param>
/// <param name="Parts">What to measure: models, curvature, head, gemm, influence, memory.</param>
/// <param name="Peers">Whether to start peers.</param>
/// <param name="Accept">Whether to write the ratios to <c>bench/ratios.json</c>.</param>
internal sealed record ComparisonOptions(
    int Rounds, double Block, int Threads, IReadOnlyList<string> Models, IReadOnlyList<string> Parts, bool Peers, bool Accept);
