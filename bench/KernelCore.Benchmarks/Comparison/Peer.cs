using System.Diagnostics;
using System.Globalization;

namespace KernelCore.Benchmarks;

/// <summary>Another implementation in a child process that stays alive and computes on command (<c>bench/peers</c>).</summary>
internal sealed class Peer : IDisposable
{
    /// <summary>How to install what the peers need, where the packages are Debian's.</summary>
    public const string Installation = "apt-get install python3-torch libopenblas0-pthread";

    private const string Unsupported = "unsupported";

    /// <summary>Threads of a numeric library may spin for tens of milliseconds after their last product.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(40);

    private readonly Process _process;

    private Peer(string name, Process process, string versions) => (Name, _process, Versions) = (name, process, versions);

    /// <summary>Name in tables.</summary>
    public string Name { get; }

    /// <summary>Versions, threads and instruction set as the peer reports them.</summary>
    public string Versions { get; }

    /// <summary>Starts a peer.</summary>
    /// <param name="name">Name in tables.</param>
    /// <param name="method">First argument of the script: <c>hooks</c> or <c>vmap</c>.</param>
    /// <param name="threads">Threads it may use.</param>
    /// <param name="block">Seconds of one timed block.</param>
    /// <param name="reason">Why there is none.</param>
    public static Peer? TryStart(string name, string method, int threads, double block, out string reason)
    {
        string script = Path.Combine(Repository.Root, "bench", "peers", "torch_peer.py");
        foreach (string python in new[] { "/usr/bin/python3", "python3", "python" })
        {
            var start = new ProcessStartInfo(python, [script, method, threads.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            foreach (var (variable, value) in OpenBlas.Settings)
            {
                start.Environment[variable] = value;
            }

            start.Environment["OMP_WAIT_POLICY"] = "passive";
            start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
            start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
            try
            {
                Process process = Process.Start(start)!;
                string greeting = process.StandardOutput.ReadLine() ?? "";
                if (greeting.StartsWith("ready ", StringComparison.Ordinal))
                {
                    var peer = new Peer(name, process, greeting["ready ".Length..]);
                    peer.Ask(string.Create(CultureInfo.InvariantCulture, $"block {block}"));
                    reason = "";
                    return peer;
                }

                process.Dispose();
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // No such program: the next one.
            }
        }

        reason = $"missing, no Python with PyTorch: {Installation}";
        return null;
    }

    /// <summary>Reads a workload.</summary>
    public void Load(string model, string path) => Ask($"load {model} {path}");

    /// <summary>Largest relative difference to KernelCore's numbers; null for a quantity that the peer lacks.</summary>
    public double? Check(string model, Quantity quantity) => Number(Ask($"check {quantity.Name()} {model}"));

    /// <summary>Seconds of one call; null for a quantity that the peer lacks.</summary>
    public double? Time(string model, Quantity quantity)
    {
        double? seconds = Number(Ask($"time {quantity.Name()} {model}"));
        Thread.Sleep(Settling);
        return seconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static double? Number(string answer) => answer == Unsupported ? null : double.Parse(answer, CultureInfo.InvariantCulture);

    private string Ask(string request)
    {
        _process.StandardInput.WriteLine(request);
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} ended while asked to '{request}'");
        return answer.StartsWith("error ", StringComparison.Ordinal)
            ? throw new InvalidOperationException($"{Name} cannot '{request}': {answer["error ".Length..]}")
            : answer;
    }
}
