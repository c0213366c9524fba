using KernelCore.Kernels;
using KernelCore.Models;
using static KernelCore.Torch.Tests.TestModules;
using static TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch.Tests;

/// <summary>Where no axis counts the samples, or calls depend on the data, the layer is named.</summary>
public sealed class BatchAxisTests
{
    [TorchFact]
    public void Pairs_of_samples()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        Refused("body", "exactly one axis should count the samples", batch,
            Of(() => [("body", Linear(6, 3))], (m, x) => m.Call("body", x.unsqueeze(0) - x.unsqueeze(1)).mean([0])));
    }

    [TorchFact]
    public void A_batch_of_one_that_loses_its_axis()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        Refused("body", "grows from [3] for one sample to [2, 3] for two", batch, Of(() => [("body", Linear(6, 3))], (m, x) => m.Call("body", x.squeeze()).view(-1, 3)));
    }

    [TorchFact]
    public void Convolution_of_samples_and_frames_on_one_axis()
    {
        using Batch batch = Samples.Real(3, 4, 5, 2, 6);
        Refused("body", "the first axis should count the samples, and nothing else", batch,
            Of(() => [("body", Conv1d(2, 3, 3))], (m, x) => m.Call("body", x.reshape(-1, 2, 6)).reshape(-1, 5, 3, 4).mean([1, 3])));
    }

    [TorchFact]
    public void Convolution_of_one_sample_without_its_axis()
    {
        using Batch batch = Samples.Real(3, 4, 2, 6);
        Refused("body", "expects a batch axis, channels and 1 more axes; got [2, 6]", batch,
            Of(() => [("body", Conv1d(2, 3, 3))], (m, x) => m.Call("body", x.select(0, 0)).mean([1]).expand(x.shape[0], 3)));
    }

    [TorchFact]
    public void Added_parameter_of_another_shape()
    {
        using Batch batch = Samples.Real(3, 4, 2, 3);
        Refused("1", "adds 'weight' of shape [3] to samples of shape [2, 3]; give both the same shape", batch,
            Sequence(() => [Linear(3, 3), new AddedParameter(3), Apply(x => x.mean([1]))]));
    }

    [TorchFact]
    public void Calls_that_depend_on_the_data()
    {
        using Batch batch = Samples.Real(3, 4, 6), other = Samples.Real(3, 4, 6);
        using Module module = Of(() => [("a", Linear(6, 6)), ("b", Linear(6, 6)), ("head", Linear(6, 3))], (m, x) =>
        {
            bool swap = x.mean().ToSingle() > 50;
            return m.Call("head", m.Call(swap ? "a" : "b", m.Call(swap ? "b" : "a", x)));
        })();
        using var model = new TorchModel(module);
        model.Forward(batch, ForwardMode.Evaluation);
        other.Features!.Fill(100);
        var error = Assert.Throws<UnsupportedLayerException>(() => model.Forward(other, ForwardMode.Evaluation));
        Assert.Equal("b", error.Layer);
        Assert.Contains("must not depend on the data", error.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Calls_that_depend_on_the_number_of_samples()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Module module = Of(() => [("one", Linear(6, 3)), ("more", Linear(6, 3))], (m, x) => m.Call(x.shape[0] == 1 ? "one" : "more", x))();
        using var model = new TorchModel(module);
        Assert.Contains(
            "calls other layers for one sample than for two", Assert.Throws<KernelCoreException>(() => model.Forward(batch, ForwardMode.Evaluation)).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Rule_for_a_parameter_that_is_not_there()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Modules.Linear module = Linear(6, 3);
        using var model = new TorchModel(module, rules: CaptureRules.Default.With<Modules.Linear>((_, input, output, tap) => tap.Linear(input, output, "kernel")));
        Assert.Contains("has no parameter 'kernel'", Assert.Throws<UnsupportedLayerException>(() => model.Forward(batch, ForwardMode.Evaluation)).Message, StringComparison.Ordinal);
    }

    private static void Refused(string layer, string reason, Batch batch, Func<Module> create)
    {
        using Module module = create();
        using var model = new TorchModel(module);
        var error = Assert.Throws<UnsupportedLayerException>(() => model.Forward(batch, ForwardMode.Evaluation));
        Assert.Equal(layer, error.Layer);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }
}
