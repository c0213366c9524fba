using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Scoring;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch.Tests;

/// <summary>A ResNet-18-shaped module and a small transformer go through everything that takes a model.</summary>
public sealed class ModelScaleTests
{
    [TorchFact]
    public void ResNet()
    {
        Dataset data = Samples.Dataset(12, 4, [3, 16, 16]);
        using Module module = TestModules.Seeded(() => Tests.ResNet.Create(width: 4, classes: 4))();
        using var model = new TorchModel(module);
        using Batch batch = Samples.Real(4, 3, 3, 16, 16);
        Assert.True(model.Validate(batch).MaxError < 1e-3);
        Everything(model, data);
    }

    [TorchFact]
    public void Transformer()
    {
        Dataset data = Samples.Dataset(12, 4, [6], vocabulary: 11);
        using Module module = new Transformer(11, 6, 16, 4, 4);
        using var model = new TorchModel(module);
        Everything(model, data);
    }

    private static void Everything(TorchModel model, Dataset data)
    {
        ScoreTable scores = new Scorer(model).Score(data, new ScoringOptions { Scores = ["gwa", "grand", "el2n", "loss"], BatchSize = 5 });
        double[] grand = scores.Find("grand")!.Values, gwa = scores.Find("gwa")!.Values;
        Assert.All(gwa, g => Assert.InRange(g, -1, 1));

        // influence of a sample on itself is its squared gradient norm
        double[] self = GradientProducts.GradDot(model).SelfInfluence(data);
        Assert.All(self.Zip(grand), p => Assert.Equal(1, p.First / (p.Second * p.Second), 1e-3));

        // gwa by hand: head gradient (p - y) z^T against W
        ScoreTable full = new Scorer(model).Score(data, new ScoringOptions { Scores = ["gwa"], Scope = GwaScope.PerLayer });
        string head = model.Parameters.Layout.Parameters[model.Head!.WeightIndex].Name;
        Assert.All(full.Find($"gwa:{head}")!.Values.Zip(gwa), p => Assert.Equal(p.Second, p.First, 1e-3));
        Assert.All(Monitored(model, data).Zip(gwa), p => Assert.Equal(p.Second, p.First, 1e-4));

        // an edit: a step up the gradient of the first sample, written in place, raises its loss and undoes exactly
        double[] before = scores.Find("loss")!.Values;
        float[] weights = model.Parameters.Flat.ToArray();
        using var step = new ParameterVector(model.Parameters.Layout, model.Device);
        using var objective = new Curvature.Objective(model, Loss.CrossEntropy, data.Subset([0]), batchSize: 1);
        objective.Gradient(step.Flat);
        model.Device.Kernels.Parameters.Axpy(1e-2f, step.Flat, model.Parameters.Flat);
        double[] edited = new Scorer(model).Score(data, new ScoringOptions { Scores = ["loss"] }).Find("loss")!.Values;
        Assert.True(edited[0] > before[0], $"the loss went from {before[0]} to {edited[0]}");
        model.Parameters.Flat.CopyFrom(weights);
        Assert.Equal(before, new Scorer(model).Score(data, new ScoringOptions { Scores = ["loss"], BatchSize = 5 }).Find("loss")!.Values);
    }

    /// <summary>The alignment of every sample as a loop of one's own sees it, the module's head watched by a hook.</summary>
    private static double[] Monitored(TorchModel model, Dataset data)
    {
        using var scope = torch.NewDisposeScope();
        Modules.Linear head = model.Module.modules().OfType<Modules.Linear>().Last();
        using var monitor = new GwaMonitor(head);
        TorchTensor input = torch.tensor([.. data.Features], [data.Count, .. Array.ConvertAll(data.SampleShape.ToArray(), extent => (long)extent)]);
        TorchTensor labels = torch.tensor([.. data.Labels.Select(label => (long)label)]);
        TorchTensor? features = null;
        var hook = head.register_forward_hook((_, x, y) =>
        {
            features = x.detach();
            return y;
        });
        model.Module.eval();
        TorchTensor logits = model.Module.call(data.IsTokens ? input.to(torch.ScalarType.Int64) : input);
        hook.remove();
        double[] gamma = Array.ConvertAll(monitor.Observe(logits, labels, features!), g => (double)g);
        Assert.Equal(gamma.Average(), monitor.CloseEpoch().Mean, 1e-6);
        return gamma;
    }
}
