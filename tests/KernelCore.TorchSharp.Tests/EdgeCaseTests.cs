using KernelCore.Models;
using static KernelCore.Torch.Tests.TestModules;
using static TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch.Tests;

/// <summary>Cases that per-sample gradient libraries get wrong or refuse: every quantity against a loop over samples in double.</summary>
public sealed class EdgeCaseTests
{
    private static Module Mean(params long[] axes) => Apply(x => x.mean(axes));

    [TorchFact]
    public void Linear_on_four_axes()
    {
        using Batch batch = Samples.Real(3, 4, 2, 3, 5);
        AllQuantities.Agree(Sequence(() => [Linear(5, 6), Tanh(), Mean(1, 2), Linear(6, 3)]), batch);
    }

    [TorchFact]
    public void Module_called_twice()
    {
        using Batch batch = Samples.Real(3, 5, 4, 6);
        AllQuantities.Agree(
            Of(() => [("body", Linear(6, 6)), ("head", Linear(6, 3))], (m, x) => m.Call("head", m.Call("body", m.Call("body", x).tanh()).mean([1]))), batch);
    }

    [TorchFact]
    public void Tied_embedding_and_head()
    {
        using Batch batch = Samples.Tokens(classes: 9, vocabulary: 9, batch: 5, tokens: 4);
        AllQuantities.Agree(Seeded(() =>
        {
            Modules.Embedding table = Embedding(9, 6);
            return Sequential(table, Linear(6, 6), Tanh(), Mean(1), Linear(table.weight!));
        }), batch);
    }

    [TorchTheory]
    [InlineData(0)]
    [InlineData(3)]
    public void Embedding_with_padding(int padding)
    {
        using Batch batch = Samples.Tokens(classes: 3, vocabulary: 5, batch: 6, tokens: 7);
        AllQuantities.Agree(Sequence(() => [Embedding(5, 4, padding_idx: padding), Mean(1), Linear(4, 3)]), batch);
    }

    [TorchFact]
    public void Embedding_that_rescales_its_rows()
    {
        using Batch batch = Samples.Tokens(classes: 3, vocabulary: 5, batch: 6, tokens: 7);
        Func<Module> create = Sequence(() => [Embedding(6, 4, max_norm: 0.5), Mean(1), Linear(4, 3)]);
        AllQuantities.Agree(create, batch);

        // a row that is not looked up stays as it is
        using Module module = create(), untouched = create();
        using var model = new TorchModel(module);
        model.Forward(batch, ForwardMode.Evaluation);
        Assert.Equal(untouched.get_parameter("0.weight")![5].data<float>().ToArray(), module.get_parameter("0.weight")![5].data<float>().ToArray());
    }

    [TorchTheory]
    [InlineData(true, 4)]
    [InlineData(false, 4)]
    [InlineData(true, 6)]
    [InlineData(false, 6)]
    public void Broadcast_positions(bool withSampleAxis, int batchSize)
    {
        // 6 samples of 6 tokens: extents say nothing about which axis counts the samples
        using Batch batch = Samples.Tokens(classes: 3, vocabulary: 5, batchSize, tokens: 6);
        AllQuantities.Agree(
            Of(() => [("tokens", Embedding(5, 4)), ("positions", Embedding(6, 4)), ("head", Linear(4, 3))], (m, x) =>
            {
                TorchTensor ids = torch.arange(x.shape[1]);
                TorchTensor sum = m.Call("tokens", x) + m.Call("positions", withSampleAxis ? ids.unsqueeze(0) : ids);
                return m.Call("head", sum.tanh().mean([1]));
            }),
            batch);
    }

    [TorchFact]
    public void Added_parameter()
    {
        using Batch batch = Samples.Real(3, 5, 4, 6);
        AllQuantities.Agree(Sequence(() => [Linear(6, 6), new AddedParameter(4, 6), Tanh(), Mean(1), Linear(6, 3)]), batch);
    }

    [TorchFact]
    public void Frozen_parameters()
    {
        using Batch batch = Samples.Real(3, 5, 6);
        AllQuantities.Agree(
            Seeded(() =>
            {
                var first = Linear(6, 6);
                first.weight.requires_grad = false;
                var norm = LayerNorm(6);
                norm.bias!.requires_grad = false;
                var frozen = Linear(6, 6);
                frozen.weight.requires_grad = frozen.bias!.requires_grad = false;
                return Sequential(first, Tanh(), norm, frozen, Tanh(), Linear(6, 3));
            }),
            batch);
    }

    [TorchFact]
    public void In_place_activations()
    {
        using Batch batch = Samples.Real(3, 4, 2, 6, 5);
        AllQuantities.Agree(
            Sequence(() => [Conv2d(2, 4, 3), Apply(x => x.add_(1).alias()), ReLU(inplace: true), Mean(2, 3), Linear(4, 4), Apply(x => x.tanh_().alias()), Linear(4, 3)]), batch);
    }

    [TorchTheory]
    [InlineData(5)]
    [InlineData(4)]
    public void Samples_on_the_second_axis(int tokens)
    {
        using Batch batch = Samples.Real(3, 4, tokens, 6);
        AllQuantities.Agree(Sequence(() => [Apply(x => x.transpose(0, 1)), Linear(6, 6), LayerNorm(6), Tanh(), Linear(6, 6), Tanh(), Mean(0), Linear(6, 3)]), batch);
    }

    [TorchFact]
    public void Samples_and_tokens_on_one_axis()
    {
        using Batch batch = Samples.Real(3, 4, 5, 6);
        AllQuantities.Agree(Sequence(() => [Apply(x => x.reshape(-1, 6)), Linear(6, 6), Tanh(), Linear(6, 6), Apply(x => x.reshape(-1, 5, 6)), Mean(1), Linear(6, 3)]), batch);
    }

    [TorchFact]
    public void One_sample()
    {
        using Batch batch = Samples.Real(3, 1, 6);
        AllQuantities.Agree(Sequence(() => [Linear(6, 6), ReLU(), Linear(6, 3)]), batch);
    }

    [TorchFact]
    public void A_layer_of_no_consequence_has_gradient_zero()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        AllQuantities.Agree(Of(() => [("unused", Linear(6, 6)), ("head", Linear(6, 3))], (m, x) =>
        {
            m.Call("unused", x).Dispose();
            return m.Call("head", x);
        }), batch);
    }

    [TorchFact]
    public void Nothing_to_train_and_a_table_without_gradient()
    {
        using Batch tokens = Samples.Tokens(classes: 3, vocabulary: 5, batch: 4, tokens: 3), real = Samples.Real(3, 4, 3);
        AllQuantities.Agree(
            Seeded(() =>
            {
                Modules.Embedding table = Embedding(5, 4);
                table.weight!.requires_grad = false;
                return Sequential(table, Mean(1), Linear(4, 3));
            }),
            tokens);

        using Module nothing = Tanh();
        using var model = new TorchModel(nothing);
        Assert.Empty(model.Forward(real, ForwardMode.Evaluation).Backward().Captures);
        Assert.Equal(0, model.Parameters.Layout.Count);
    }

    [TorchFact]
    public void Table_with_a_rule_of_its_own()
    {
        using Batch batch = Samples.Tokens(classes: 3, vocabulary: 5, batch: 4, tokens: 3);
        CaptureRules rules = CaptureRules.Default.With<Composite>((module, input, output, tap) =>
            module.has_parameter("table") ? tap.Lookup(input, output, "table") : output);
        AllQuantities.Agree(
            Seeded(() => Sequential(
                new Composite([], (m, x) => m.get_parameter("table")!.index(x)).With("table", new Modules.Parameter(torch.ones(5, 6))), Tanh(), Mean(1), Linear(6, 3))),
            batch, rules);
    }

    [TorchFact]
    public void Modules_with_a_rule_of_their_own()
    {
        using Batch batch = Samples.Real(3, 4, 5, 6);
        CaptureRules rules = CaptureRules.Default.With<Composite>((module, input, output, tap) =>
            module.has_parameter("scale") ? tap.ScaleShift(input, output, "scale") : output);
        AllQuantities.Agree(
            Seeded(() => Sequential(
                Linear(6, 6),
                new Composite([], (m, x) => x * m.get_parameter("scale")!).With("scale", new Modules.Parameter(torch.ones(6))),
                Tanh(), Mean(1), Linear(6, 3))),
            batch, rules);
    }
}
