using KernelCore.Models;
using static KernelCore.Torch.Tests.TestModules;
using static TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch.Tests;

/// <summary>Every kind of layer with its options: every quantity against a loop over samples in double.</summary>
public sealed class LayerKindTests
{
    private static Module Mean(params long[] axes) => Apply(x => x.mean(axes));

    [TorchTheory]
    [InlineData(1, 1, 0, 1)]
    [InlineData(2, 1, 1, 1)]
    [InlineData(4, 1, 1, 1)]
    [InlineData(1, 2, 1, 1)]
    [InlineData(2, 2, 3, 2)]
    public void Convolution_2d(int groups, int stride, int padding, int dilation)
    {
        using Batch batch = Samples.Real(3, 4, 4, 9, 8);
        AllQuantities.Agree(
            Sequence(() => [Conv2d(4, 8, (3, 2), (stride, stride), (padding, padding), (dilation, dilation), groups: groups), Tanh(), Mean(2, 3), Linear(8, 3)]), batch);
    }

    [TorchTheory]
    [InlineData(1, 1, 0, 1)]
    [InlineData(2, 2, 1, 1)]
    [InlineData(4, 3, 2, 2)]
    public void Convolution_1d(int groups, int stride, int padding, int dilation)
    {
        using Batch batch = Samples.Real(3, 4, 4, 11);
        AllQuantities.Agree(
            Sequence(() => [Conv1d(4, 8, 3, stride, padding, dilation, groups: groups), Tanh(), Mean(2), Linear(8, 3)]), batch);
    }

    [TorchTheory]
    [InlineData(1, 1, 0, 1)]
    [InlineData(2, 1, 1, 1)]
    [InlineData(1, 2, 1, 1)]
    [InlineData(4, 2, 2, 2)]
    [InlineData(1, 3, 0, 1)]
    public void Convolution_3d(int groups, int stride, int padding, int dilation)
    {
        using Batch batch = Samples.Real(3, 3, 4, 5, 7, 6);
        AllQuantities.Agree(
            Sequence(() =>
            [
                Conv3d(4, 4, (2, 3, 2), (stride, stride, stride), (padding, padding, padding), (dilation, dilation, dilation), groups: groups),
                Tanh(), Mean(2, 3, 4), Linear(4, 3),
            ]),
            batch);
    }

    [TorchFact]
    public void Convolution_that_keeps_the_size_with_an_even_kernel()
    {
        using Batch batch = Samples.Real(3, 4, 2, 6, 5);
        AllQuantities.Agree(Sequence(() => [Conv2d(2, 4, 4, Padding.Same), Tanh(), Mean(2, 3), Linear(4, 3)]), batch);
    }

    [TorchTheory]
    [InlineData(PaddingModes.Reflect)]
    [InlineData(PaddingModes.Circular)]
    [InlineData(PaddingModes.Replicate)]
    public void Convolution_with_other_padding_than_zeros(PaddingModes mode)
    {
        using Batch batch = Samples.Real(3, 4, 2, 6, 5);
        AllQuantities.Agree(Sequence(() => [Conv2d(2, 4, (3, 3), padding: (2, 1), padding_mode: mode), Tanh(), Mean(2, 3), Linear(4, 3)]), batch);
    }

    [TorchFact]
    public void Layer_norm_without_bias()
    {
        using Batch batch = Samples.Real(3, 5, 4, 6);
        AllQuantities.Agree(Sequence(() => [LayerNorm(6, bias: false), Linear(6, 6), LayerNorm([4, 6]), Tanh(), Mean(1), Linear(6, 3)]), batch);
    }

    [TorchTheory]
    [InlineData("group")]
    [InlineData("instance")]
    [InlineData("instance, running")]
    [InlineData("batch 2d")]
    [InlineData("batch 1d")]
    [InlineData("batch 1d, vectors")]
    public void Norms_of_channels(string kind)
    {
        using Batch batch = Samples.Real(3, 4, 4, 6, 5);
        AllQuantities.Agree(
            Sequence(() => kind switch
            {
                "group" => [Conv2d(4, 4, 3), GroupNorm(2, 4), Tanh(), Mean(2, 3), Linear(4, 3)],
                "instance" => [Conv2d(4, 4, 3), Tanh(), InstanceNorm2d(4, affine: true), Tanh(), Mean(2, 3), Linear(4, 3)],
                "instance, running" => [Conv2d(4, 4, 3), Statistics(InstanceNorm2d(4, affine: true, track_running_stats: true)), Tanh(), Mean(2, 3), Linear(4, 3)],
                "batch 2d" => [Conv2d(4, 4, 3), Statistics(BatchNorm2d(4)), Tanh(), Mean(2, 3), Linear(4, 3)],
                "batch 1d" => [Conv2d(4, 4, 3), Flatten(2), Statistics(BatchNorm1d(4)), Tanh(), Mean(2), Linear(4, 3)],
                _ => [Conv2d(4, 4, 3), Tanh(), Mean(2, 3), Statistics(BatchNorm1d(4)), Linear(4, 3)],
            }),
            batch);

        static Module Statistics(Modules.NormBase norm)
        {
            norm.running_mean!.normal_();
            norm.running_var!.uniform_(0.5, 2);
            return norm;
        }
    }

    [TorchTheory]
    [InlineData(1)]
    [InlineData(4)]
    public void Self_attention(int heads)
    {
        using Batch batch = Samples.Tokens(classes: 3, vocabulary: 9, batch: 4, tokens: 4);
        AllQuantities.Agree(Seeded(() => new Transformer(9, 4, 8, heads, 3)), batch);
    }

    [TorchFact]
    public void Cross_attention_with_masks()
    {
        using Batch batch = Samples.Real(3, 4, 5, 8);
        AllQuantities.Agree(
            Of(() => [("attention", MultiheadAttention(8, 2)), ("query", Linear(8, 8)), ("head", Linear(8, 3))], (m, x) =>
            {
                TorchTensor source = x.transpose(0, 1), query = m.Call("query", source.narrow(0, 0, 3));
                TorchTensor padding = torch.zeros(x.shape[0], 5, torch.ScalarType.Bool);
                padding[.., 4] = torch.tensor(true);
                TorchTensor future = torch.full(3, 5, -2f).triu(1);
                var (mixed, weights) = m.Part<Modules.MultiheadAttention>("attention").call(query, source, source.tanh(), padding, true, future);
                return m.Call("head", mixed.mean([0]) + weights.sum([1, 2]).unsqueeze(1));
            }),
            batch);
    }

    [TorchTheory]
    [InlineData("tanh")]
    [InlineData("relu")]
    [InlineData("lstm")]
    [InlineData("gru")]
    public void Recurrent_cells(string kind)
    {
        using Batch batch = Samples.Real(3, 4, 5, 6);
        AllQuantities.Agree(
            Of(() => [("cell", Cell()), ("head", Linear(4, 3))], (m, x) =>
            {
                TorchTensor? h = null, c = null;
                for (int t = 0; t < x.shape[1]; t++)
                {
                    TorchTensor step = x.select(1, t);
                    if (kind == "lstm")
                    {
                        (h, c) = m.Part<Modules.LSTMCell>("cell").call(step, (h ?? torch.zeros(x.shape[0], 4, x.dtype), c ?? torch.zeros(x.shape[0], 4, x.dtype)));
                    }
                    else
                    {
                        h = kind == "gru" ? m.Part<Modules.GRUCell>("cell").call(step, h!) : m.Part<Modules.RNNCell>("cell").call(step, h!);
                    }
                }

                return m.Call("head", h!);
            }),
            batch);

        torch.nn.Module Cell() => kind switch
        {
            "tanh" => RNNCell(6, 4),
            "relu" => RNNCell(6, 4, NonLinearities.ReLU),
            "lstm" => LSTMCell(6, 4),
            _ => GRUCell(6, 4),
        };
    }
}
