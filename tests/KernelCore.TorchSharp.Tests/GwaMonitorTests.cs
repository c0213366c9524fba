using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Scoring;
using Functional = TorchSharp.torch.nn.functional;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch.Tests;

/// <summary>Alignment in a loop of one's own.</summary>
public sealed class GwaMonitorTests
{
    [TorchFact]
    public void Scores_are_those_of_the_scorer_and_the_loop_is_left_alone()
    {
        using Modules.Linear body = torch.nn.Linear(6, 5), head = torch.nn.Linear(5, 3);
        using var module = torch.nn.Sequential(body, torch.nn.ReLU(), head);
        Dataset data = Samples.Dataset(7, 3, [6]);
        double[] expected = new Scorer(new TorchModel(module)).Score(data, new ScoringOptions { Scores = ["gwa"] }).Find("gwa")!.Values;

        using var monitor = new GwaMonitor(head, samples: 7);
        using TorchTensor labels = torch.tensor([.. data.Labels.Select(l => (long)l)]);
        TorchTensor z = body.call(torch.tensor([.. data.Features], 7, 6)).relu(), logits = head.call(z);
        float[] gamma = monitor.Observe(logits, labels, z, [0, 1, 2, 3, 4, 5, 6]);
        Functional.cross_entropy(logits, labels).backward();

        Assert.All(gamma.Zip(expected), p => Assert.Equal(p.Second, p.First, 1e-6));
        Assert.Equal(gamma, monitor.LatestScores.ToArray());
        Assert.Equal(7, monitor.CloseEpoch().Count);
        Assert.NotNull(head.weight.grad);
    }

    [TorchFact]
    public void What_does_not_fit_is_refused()
    {
        using Modules.Linear head = torch.nn.Linear(5, 3);
        using var monitor = new GwaMonitor(head);
        using TorchTensor z = torch.ones(2, 5), logits = head.call(z), wrong = torch.ones(2, 4), labels = torch.tensor([0L, 1L]), noClass = torch.tensor([0L, 3L]);
        Assert.Contains("[2, 4]", Assert.Throws<KernelCoreException>(() => monitor.Observe(wrong, labels, z)).Message, StringComparison.Ordinal);
        Assert.Contains("label 3", Assert.Throws<KernelCoreException>(() => monitor.Observe(logits, noClass, z)).Message, StringComparison.Ordinal);
    }
}
