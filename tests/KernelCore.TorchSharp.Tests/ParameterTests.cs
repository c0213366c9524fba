using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using static KernelCore.Torch.Tests.TestModules;
using static TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch.Tests;

/// <summary>The module's weights as a parameter vector.</summary>
public sealed class ParameterTests
{
    [TorchFact]
    public void Order_and_names_are_those_of_named_parameters()
    {
        using Module module = new Transformer(9, 4, 8, 2, 3);
        using var model = new TorchModel(module);
        Assert.Equal(module.named_parameters().Select(p => p.name), model.Parameters.Layout.Parameters.Select(p => p.Name));
        Assert.All(module.named_parameters(), p => Assert.Equal(p.parameter.data<float>().ToArray(), model.Parameters[p.name].ToArray()));
    }

    [TorchFact]
    public void Edits_of_either_side_are_edits_of_both()
    {
        using Modules.Linear module = Linear(6, 3);
        using var model = new TorchModel(module);
        model.Parameters["bias"].Fill(2);
        Assert.Equal([2f, 2f, 2f], module.bias!.data<float>().ToArray());
        using (torch.no_grad())
        {
            module.weight.fill_(5);
        }

        Assert.All(model.Parameters["weight"].ToArray(), w => Assert.Equal(5, w));
        Assert.True(module.weight.requires_grad);
        Assert.True(module.weight.is_leaf);
    }

    [TorchFact]
    public void An_optimiser_of_torch_still_trains_the_module()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Modules.Linear module = Linear(6, 3);
        using var optimizer = torch.optim.SGD(module.parameters(), 0.1);
        using var model = new TorchModel(module);
        float[] before = model.Parameters.Flat.ToArray();
        module.call(torch.ones(4, 6)).sum().backward();
        optimizer.step();
        Assert.NotEqual(before, model.Parameters.Flat.ToArray());
        float[] gradient = module.weight.grad!.data<float>().ToArray();
        model.Forward(batch, ForwardMode.Evaluation).Backward();
        Assert.Equal(gradient, module.weight.grad!.data<float>().ToArray());
    }

    [TorchFact]
    public void Two_models_of_one_module_share_the_weights()
    {
        using Modules.Linear module = Linear(6, 3);
        using TorchModel first = new(module), second = new(module);
        first.Parameters.Flat.Fill(3);
        Assert.All(second.Parameters.Flat.ToArray(), w => Assert.Equal(3, w));
    }

    [TorchFact]
    public void Replaced_parameters_are_taken_in()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Modules.Linear module = Linear(6, 3);
        using var model = new TorchModel(module);
        module.weight = new Modules.Parameter(torch.ones(3, 6));
        model.Forward(batch, ForwardMode.Evaluation);
        Assert.All(model.Parameters["weight"].ToArray(), w => Assert.Equal(1, w));
        model.Parameters["weight"].Fill(4);
        Assert.All(module.weight.data<float>().ToArray(), w => Assert.Equal(4, w));
    }

    [TorchFact]
    public void Tied_weights_are_one_parameter()
    {
        Modules.Embedding table = Embedding(9, 6);
        using Module module = Sequential(table, Linear(table.weight!));
        using var model = new TorchModel(module);
        Assert.Equal(["0.weight"], model.Parameters.Layout.Parameters.Select(p => p.Name));
        model.Parameters[0].Fill(2);
        Assert.All(table.weight!.data<float>().ToArray(), w => Assert.Equal(2, w));
    }

    [TorchFact]
    public void A_device_of_its_own_memory_gives_the_same_results()
    {
        using Batch batch = Samples.Real(3, 4, 2, 6, 5);
        Func<Module> create = Sequence(() => [Conv2d(2, 4, 3), BatchNorm2d(4), ReLU(), Flatten(), Linear(48, 3)]);
        using Module module = create();
        using var device = new DetachedDevice();
        using var model = new TorchModel(module, device);
        AllQuantities.Agree(model, PerSampleLoop.Gradients(create, batch), batch);

        model.Parameters["4.bias"].Fill(9);
        Assert.DoesNotContain(9f, module.get_parameter("4.bias")!.data<float>().ToArray());
        model.WriteParameters();
        Assert.All(module.get_parameter("4.bias")!.data<float>().ToArray(), b => Assert.Equal(9, b));
        using (torch.no_grad())
        {
            module.get_parameter("4.bias")!.fill_(1);
        }

        model.Forward(batch, ForwardMode.Evaluation);
        Assert.All(model.Parameters["4.bias"].ToArray(), b => Assert.Equal(1, b));
    }

    [TorchFact]
    public void Modes_of_modules_are_put_back()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Module module = Sequential(Linear(6, 6), Dropout(0.5), Linear(6, 3));
        using var model = new TorchModel(module);
        module.train();
        module.named_children().First().module.eval();
        float[] once = model.Forward(batch, ForwardMode.Evaluation).Outputs.ToArray(), again = model.Forward(batch, ForwardMode.Evaluation).Outputs.ToArray();
        Assert.Equal(once, again);
        Assert.True(module.training);
        Assert.Equal([false, true, true], module.named_children().Select(c => c.module.training));
        Assert.NotEqual(once, model.Forward(batch, ForwardMode.Training).Outputs.ToArray());
    }

    [TorchFact]
    public void The_head_is_the_linear_layer_whose_output_the_module_returns()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Module ends = Sequential(Linear(6, 6), ReLU(), Linear(6, 3)), goesOn = Sequential(Linear(6, 3), Tanh());
        using TorchModel with = new(ends), without = new(goesOn);
        Assert.NotNull(with.Forward(batch, ForwardMode.Evaluation).HeadInput);
        Assert.Equal(2, with.Head!.WeightIndex);
        Assert.Null(without.Forward(batch, ForwardMode.Evaluation).HeadInput);
        Assert.Null(without.Head);

        using var wrong = new TorchModel(ends, head: "0");
        Assert.Contains("'0' is not the head", Assert.Throws<KernelCoreException>(() => wrong.Forward(batch, ForwardMode.Evaluation)).Message, StringComparison.Ordinal);
        Assert.Contains("no Linear named 'x'; there are 0, 2", Assert.Throws<KernelCoreException>(() => new TorchModel(ends, head: "x")).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Modules_work_as_before_without_the_model()
    {
        using Modules.Linear module = Linear(6, 3);
        using TorchTensor input = torch.ones(4, 6), before = module.call(input);
        using (var model = new TorchModel(module))
        {
            using TorchTensor during = module.call(input);
            Assert.True(before.Equals(during));
        }

        using TorchTensor after = module.call(input);
        Assert.True(before.Equals(after));
    }
}
