using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using static KernelCore.Torch.Tests.TestModules;
using static TorchSharp.torch.nn;
using Functional = TorchSharp.torch.nn.functional;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch.Tests;

/// <summary>What admits no right answer is refused, with a name and what to do; no error ends the process.</summary>
public sealed class RefusalTests
{
    [TorchFact]
    public void Forward_called_directly()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        string message = Refused(Of(() => [("body", Linear(6, 6)), ("head", Linear(6, 3))], (m, x) => m.Call("head", m.Part<Modules.Linear>("body").forward(x).tanh())), batch);
        Assert.StartsWith("layer 'body':", message, StringComparison.Ordinal);
        Assert.Contains("call()", message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Weight_used_outside_its_module()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        string message = Refused(
            Of(() => [("body", Linear(6, 6)), ("head", Linear(6, 3))], (m, x) => m.Call("head", Functional.linear(m.Call("body", x).tanh(), m.Part<Modules.Linear>("body").weight))), batch);
        Assert.Contains("'body.weight'", message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Input_changed_in_place_afterwards()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Module module = Of(() => [("first", Linear(6, 6)), ("body", Linear(6, 6)), ("head", Linear(6, 3))], (m, x) =>
        {
            TorchTensor h = m.Call("first", x), y = m.Call("body", h);
            h.tanh_();
            return m.Call("head", y + h);
        })();
        using var model = new TorchModel(module);
        Assert.Contains("inplace operation", Assert.Throws<KernelCoreException>(() => model.Forward(batch, ForwardMode.Evaluation)).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Samples_that_depend_on_each_other()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        string message = Refused(Sequence(() => [Linear(6, 6), Apply(x => x - x.mean([0], keepdim: true)), Tanh(), Linear(6, 3)]), batch);
        Assert.Contains("samples depend on each other", message, StringComparison.Ordinal);
    }

    [TorchTheory]
    [InlineData("rnn", "RNN")]
    [InlineData("lstm", "LSTM")]
    [InlineData("gru", "GRU")]
    [InlineData("up", "ConvTranspose2d")]
    [InlineData("bag", "EmbeddingBag")]
    [InlineData("encoder", "TransformerEncoderLayer")]
    public void Modules_without_a_rule(string name, string kind)
    {
        using Module module = Of(() => [(name, Part())], (_, x) => x)();
        var error = Assert.Throws<UnsupportedLayerException>(() => new TorchModel(module));
        Assert.Equal(name, error.Layer);
        Assert.Contains(kind, error.Message, StringComparison.Ordinal);
        Assert.Contains("CaptureRules.With", error.Message, StringComparison.Ordinal);

        torch.nn.Module Part() => name switch
        {
            "rnn" => RNN(4, 4),
            "lstm" => LSTM(4, 4),
            "gru" => GRU(4, 4),
            "up" => ConvTranspose2d(2, 2, 3),
            "bag" => EmbeddingBag(4, 4),
            _ => TransformerEncoderLayer(4, 2, 8),
        };
    }

    [TorchFact]
    public void They_are_fine_when_frozen()
    {
        using Batch batch = Samples.Real(3, 4, 5, 6);
        AllQuantities.Agree(
            Of(() =>
            {
                Modules.LSTM lstm = LSTM(6, 6, batchFirst: true);
                foreach (Modules.Parameter parameter in lstm.parameters())
                {
                    parameter.requires_grad = false;
                }

                return [("in", Linear(6, 6)), ("lstm", lstm), ("head", Linear(6, 3))];
            }, (m, x) => m.Call("head", m.Part<Modules.LSTM>("lstm").call(m.Call("in", x)).Item1.mean([1]))),
            batch);
    }

    [TorchTheory]
    [InlineData("training", "evaluation mode only")]
    [InlineData("kdim", "attention with kdim, vdim or add_bias_kv has no rule")]
    [InlineData("add_bias_kv", "attention with kdim, vdim or add_bias_kv has no rule")]
    [InlineData("add_zero_attn", "attention with add_zero_attn has no rule")]
    public void Attention_of_other_kinds(string kind, string reason)
    {
        using Batch batch = Samples.Real(3, 4, 5, 8);
        using Module module = Of(
            () => [("attention", MultiheadAttention(8, 2, add_bias_kv: kind == "add_bias_kv", add_zero_attn: kind == "add_zero_attn", kdim: kind == "kdim" ? 4 : null, vdim: kind == "kdim" ? 4 : null))],
            (m, x) =>
            {
                TorchTensor query = x.transpose(0, 1), key = kind == "kdim" ? query.narrow(2, 0, 4) : query;
                return m.Part<Modules.MultiheadAttention>("attention").call(query, key, key).Item1.mean([0]);
            })();
        using var model = new TorchModel(module);
        var error = Assert.Throws<UnsupportedLayerException>(() => model.Forward(batch, kind == "training" ? ForwardMode.Training : ForwardMode.Evaluation));
        Assert.Equal("attention", error.Layer);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Parameter_of_the_outermost_module()
    {
        using var module = new Composite([], (m, x) => x * m.get_parameter("scale")!).With("scale", new Modules.Parameter(torch.ones(3)));
        var error = Assert.Throws<UnsupportedLayerException>(() => new TorchModel(module));
        Assert.Contains("'scale'", error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(AddedParameter), error.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Batch_statistics()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Module module = Sequence(() => [Linear(6, 6), BatchNorm1d(6), Linear(6, 3)])();
        using var model = new TorchModel(module);
        IForwardPass pass = model.Forward(batch, ForwardMode.Training);
        using var engine = new PerSampleEngine(model, new GradientQuery { Norms = true });
        var error = Assert.Throws<UnsupportedLayerException>(() => engine.Evaluate(pass, batch, Loss.CrossEntropy));
        Assert.Equal("1", error.Layer);
        Assert.Contains("evaluation mode", error.Message, StringComparison.Ordinal);
        engine.Evaluate(batch, Loss.CrossEntropy);
    }

    [TorchFact]
    public void Embedding_scaled_by_frequency()
    {
        using Batch batch = Samples.Tokens(classes: 3, vocabulary: 5, batch: 4, tokens: 7);
        using Module module = Sequence(() => [Embedding(5, 4, scale_grad_by_freq: true), Apply(x => x.mean([1])), Linear(4, 3)])();
        using var model = new TorchModel(module);
        using var engine = new PerSampleEngine(model, new GradientQuery { Norms = true });
        Assert.Contains("scale_grad_by_freq", Assert.Throws<UnsupportedLayerException>(() => engine.Evaluate(batch, Loss.CrossEntropy)).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Double_precision()
    {
        using Module module = Sequential(Linear(6, 3));
        module.to(torch.ScalarType.Float64);
        var error = Assert.Throws<KernelCoreException>(() => new TorchModel(module));
        Assert.Contains("'0.weight' is Float64", error.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Freezing_behind_the_models_back() => RefusesAfter(module => module.weight.requires_grad = false, "'weight' was frozen");

    [TorchFact]
    public void Parameters_of_another_shape_put_in_their_place() =>
        RefusesAfter(module => module.weight = new Modules.Parameter(torch.ones(4, 6)), "make a new TorchModel");

    [TorchFact]
    public void A_module_moved_to_another_device() =>
        RefusesAfter(module => module.weight = new Modules.Parameter(torch.ones(3, 6, device: torch.META)), "moved to another device");

    [TorchFact]
    public void Inference_mode()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Modules.Linear module = Linear(6, 3);
        using var model = new TorchModel(module);
        using (torch.inference_mode())
        {
            Assert.Contains("inference mode", Assert.Throws<KernelCoreException>(() => model.Forward(batch, ForwardMode.Evaluation)).Message, StringComparison.Ordinal);
        }

        using (torch.no_grad())
        {
            Assert.Single(model.Forward(batch, ForwardMode.Evaluation).Backward().Captures);
        }
    }

    [TorchFact]
    public void No_samples()
    {
        using Batch batch = Samples.Real(3, 0, 6);
        using Modules.Linear module = Linear(6, 3);
        using var model = new TorchModel(module);
        Assert.Contains("no samples", Assert.Throws<KernelCoreException>(() => model.Forward(batch, ForwardMode.Evaluation)).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Directions_and_results_of_other_sizes()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Modules.Linear module = Linear(6, 3), other = Linear(6, 4);
        using TorchModel model = new(module), wider = new(other);
        using ILinearization point = model.Linearize(batch, Loss.CrossEntropy);
        using ParameterVector hv = new(model.Parameters.Layout, model.Device);
        using Tensor tooMany = model.Device.Allocate([5]);
        Assert.Equal("direction", Assert.Throws<ArgumentException>(() => point.HessianProduct(wider.Parameters, 0, hv)).ParamName);
        Assert.Equal("perSample", Assert.Throws<ArgumentException>(() => point.HessianProduct(model.Parameters, 0, hv, tooMany)).ParamName);
    }

    [TorchFact]
    public void Errors_of_libtorch_are_exceptions()
    {
        using Module module = Sequence(() => [Embedding(5, 4), Apply(x => x.mean([1])), Linear(4, 3)])();
        using var model = new TorchModel(module);
        using Batch tooLarge = Samples.Tokens(classes: 3, vocabulary: 50, batch: 4, tokens: 7), real = Samples.Real(3, 4, 6), good = Samples.Tokens(3, 5, 4, 7);
        Assert.Contains("index out of range", Assert.Throws<KernelCoreException>(() => model.Forward(tooLarge, ForwardMode.Evaluation)).Message, StringComparison.Ordinal);
        Assert.Contains("libtorch", Assert.Throws<KernelCoreException>(() => model.Forward(real, ForwardMode.Evaluation)).Message, StringComparison.Ordinal);
        model.Forward(good, ForwardMode.Evaluation).Backward();
    }

    [TorchFact]
    public void Outputs_that_are_no_matrix()
    {
        using Batch batch = Samples.Real(3, 4, 5, 6);
        using Modules.Linear module = Linear(6, 3);
        using var model = new TorchModel(module);
        Assert.Contains("[1, outputs], got [1, 5, 3]", Assert.Throws<KernelCoreException>(() => model.Forward(batch, ForwardMode.Evaluation)).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Two_backward_passes()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Modules.Linear module = Linear(6, 3);
        using var model = new TorchModel(module);
        IForwardPass pass = model.Forward(batch, ForwardMode.Evaluation);
        pass.Backward();
        Assert.Throws<InvalidOperationException>(pass.Backward);
    }

    [TorchFact]
    public void Curvature_that_libtorch_does_not_have()
    {
        using Batch batch = Samples.Real(3, 4, 5, 6);
        using Module module = Of(() => [("qkv", Linear(6, 6)), ("head", Linear(6, 3))], (m, x) =>
        {
            TorchTensor q = m.Call("qkv", x).unsqueeze(1);
            return m.Call("head", Functional.scaled_dot_product_attention(q, q, q).mean([1, 2]));
        })();
        using var model = new TorchModel(module);
        using ILinearization point = model.Linearize(batch, Loss.CrossEntropy);
        using ParameterVector v = new(model.Parameters.Layout, model.Device), hv = new(model.Parameters.Layout, model.Device);
        v.Flat.Fill(1);
        Assert.Contains("is not implemented", Assert.Throws<KernelCoreException>(() => point.HessianProduct(v, 0, hv)).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Errors_of_a_loss_pass_through_libtorch()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Module module = Sequence(() => [Linear(6, 5), Tanh(), Linear(5, 3)])();
        using var model = new TorchModel(module);
        using ParameterVector v = new(model.Parameters.Layout, model.Device), hv = new(model.Parameters.Layout, model.Device);
        v.Flat.Fill(1);
        using ILinearization point = model.Linearize(batch, new WithoutCurvature()), other = model.Linearize(batch, Loss.CrossEntropy);
        Assert.Equal("no curvature", Assert.Throws<NotSupportedException>(() => point.HessianProduct(v, 0, hv)).Message);
        Assert.Equal("no curvature", Assert.Throws<NotSupportedException>(() => point.GaussNewtonProduct(v, 0, hv)).Message);
        other.HessianProduct(v, 0, hv);
        Assert.Contains(hv.Flat.ToArray(), x => x != 0);
    }

    private static void RefusesAfter(Action<Modules.Linear> change, string reason)
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Modules.Linear module = Linear(6, 3);
        using var model = new TorchModel(module);
        change(module);
        Assert.Contains(reason, Assert.Throws<KernelCoreException>(() => model.Forward(batch, ForwardMode.Evaluation)).Message, StringComparison.Ordinal);
    }

    private static string Refused(Func<Module> create, Batch batch)
    {
        using Module module = create();
        using var model = new TorchModel(module);
        Assert.False(model.Validate(batch).Passed);
        return Assert.Throws<UnsupportedLayerException>(() => model.Forward(batch, ForwardMode.Evaluation)).Message;
    }

    private sealed class WithoutCurvature : Loss
    {
        public override string Name => "without";

        public override void Evaluate(Tensor outputs, Batch batch, float scale, Tensor loss, Tensor cotangent) => CrossEntropy.Evaluate(outputs, batch, scale, loss, cotangent);

        public override void Curvature(Tensor outputs, Batch batch, float scale, Tensor r, Tensor result) => throw new NotSupportedException("no curvature");
    }
}
