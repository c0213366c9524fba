using KernelCore.Gradients;
using KernelCore.Models;
using static TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace KernelCore.Torch.Tests;

/// <summary>No tensor outlives its pass.</summary>
public sealed class DisposalTests
{
    [TorchFact]
    public void A_thousand_steps_leave_nothing_behind()
    {
        using Module module = TestModules.Sequence(() => [Conv2d(3, 4, 3), BatchNorm2d(4), ReLU(inplace: true), Flatten(), Linear(144, 4)])(), transformer = new Transformer(9, 4, 8, 2, 4);
        using TorchModel convolutions = new(module), attention = new(transformer);
        using Batch images = Samples.Real(4, 3, 3, 8, 8), tokens = Samples.Tokens(4, 9, 3, 4);
        var query = new GradientQuery { Norms = true, Cosines = true, ClipNorm = 1 };
        using PerSampleEngine engine = new(convolutions, query), attentionEngine = new(attention, query);
        Run(50);
        CollectOthers();
        (long count, long memory) = Measure();
        Run(950);
        (long countAfter, long memoryAfter) = Measure();
        Assert.Equal(count, countAfter);

        // a leak of one activation a step would be 950 x 1.5 kB x layers, far above the allocator's own wandering
        Assert.True(memoryAfter - memory < 16 << 20, $"resident memory grew by {(memoryAfter - memory) >> 20} MB");

        void Run(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                engine.Evaluate(images, Loss.CrossEntropy);
                attentionEngine.Evaluate(tokens, Loss.CrossEntropy);
            }
        }
    }

    [TorchFact]
    public void Products_leave_nothing_behind()
    {
        using Module module = new Transformer(9, 4, 8, 2, 4);
        using var model = new TorchModel(module);
        using Batch tokens = Samples.Tokens(4, 9, 3, 4);
        using ParameterVector v = new(model.Parameters.Layout, model.Device), hv = new(model.Parameters.Layout, model.Device);
        using var perSample = model.Device.Allocate([3]);
        v.Flat.Fill(1);
        Run();
        CollectOthers();
        long count = Measure().Count;
        for (int i = 0; i < 50; i++)
        {
            Run();
        }

        Assert.Equal(count, Measure().Count);

        void Run()
        {
            using ILinearization point = model.Linearize(tokens, Loss.CrossEntropy);
            point.HessianProduct(v, 0, hv, perSample);
            point.GaussNewtonProduct(v, 0, hv, perSample);
        }
    }

    /// <summary>What other tests left to the collector must not be freed while this one counts.</summary>
    private static void CollectOthers()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static (long Count, long Memory) Measure()
    {
        // without collections: handles that only the collector frees count as leaked
        System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
        return (TorchTensor.TotalCount, process.WorkingSet64);
    }
}
