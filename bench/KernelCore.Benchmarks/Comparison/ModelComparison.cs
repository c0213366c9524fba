using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>Times every quantity of the models, KernelCore and peers in turns.</summary>
internal sealed class ModelComparison(ComparisonOptions options, CpuDevice device, IReadOnlyList<Peer> peers, RateMeter rates, Results results)
{
    /// <summary>Runs all rounds of one model.</summary>
    public void Run(Workload workload, IReadOnlyList<Quantity> quantities)
    {
        using var session = new WorkloadSession(workload, device);
        string path = Path.Combine(Repository.Artifacts, $"{workload.Name}.safetensors");
        WorkloadFile.Write(session, path);
        var offers = quantities.ToDictionary(q => q, _ => new List<Peer>());
        foreach (Peer peer in peers)
        {
            peer.Load(workload.Name, path);
            foreach (Quantity quantity in quantities)
            {
                if (Agrees(workload, quantity, peer))
                {
                    offers[quantity].Add(peer);
                }
            }
        }

        TimedBlock.WarmUp([.. quantities.Select(quantity => (Action)(() => session.Run(quantity)))], options.Block);
        for (int round = 0; round < options.Rounds; round++)
        {
            rates.Sample();
            foreach (Quantity quantity in quantities)
            {
                Time(session, quantity, offers[quantity]);
            }
        }
    }

    private void Time(WorkloadSession session, Quantity quantity, List<Peer> offering)
    {
        string model = session.Workload.Name;
        // The cores went cold while the peers rested: the first block after that is slower and does not count.
        TimedBlock.Run(() => session.Run(Quantity.ForwardBackward), options.Block / 2);
        Add(Series.Yardstick, TimedBlock.Run(() => session.Run(Quantity.ForwardBackward), options.Block));
        Add(Series.Own, TimedBlock.Run(() => session.Run(quantity), options.Block));
        foreach (Peer peer in offering)
        {
            Add(peer.Name, peer.Time(model, quantity)!.Value);
        }

        void Add(string who, double seconds) => results.Times.Add(new Series(model, quantity.Name(), who), seconds);
    }

    private bool Agrees(Workload workload, Quantity quantity, Peer peer) =>
        peer.Check(workload.Name, quantity) is { } difference && results.Compare(workload.Name, quantity.Name(), peer.Name, difference);
}
