using KernelCore.Conformance;
using KernelCore.Files;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Verification;
using static KernelCore.Torch.Tests.TestModules;
using static TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Modules = TorchSharp.Modules;

namespace KernelCore.Torch.Tests;

/// <summary>Networks to modules and back, and files.</summary>
public sealed class ConversionTests
{
    public static TheoryData<string> Cases => ReferenceCaseTests.Cases;

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void There_and_back(string file)
    {
        using SafetensorsFile stored = SafetensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "Golden", file));
        using var network = new Network(CpuDevice.Shared, Architecture.Parse(stored.Metadata["arch"]), seed: 3);
        NetworkFile.LoadWeights(network, stored, ReferenceCase.ParameterPrefix, ReferenceCase.BufferPrefix, strict: false);
        using Module module = TorchNetwork.FromNetwork(network);
        using Network back = TorchNetwork.ToNetwork(module, CpuDevice.Shared);

        Assert.Equal(Architecture.ToJson(network.Layers), Architecture.ToJson(back.Layers));
        Assert.Equal(network.Parameters.Flat.ToArray(), back.Parameters.Flat.ToArray());
        Assert.All(network.Buffers, b => Assert.Equal(b.Value.ToArray(), back.Buffers[b.Key].ToArray()));
    }

    [TorchFact]
    public void Ties_reuse_positions_and_frozen_layers()
    {
        IReadOnlyList<Layer> layers =
        [
            new Models.Embedding(9, 6, PaddingIdx: 2), new PositionalEmbedding(4, 6), new Models.Linear(6, 6), new Models.Tanh(), new Reuse("2"),
            new Models.Linear(6, 6) { Frozen = true }, new MeanTokens(), new Models.Linear(6, 9, Bias: false, Tie: "0"),
        ];
        using var network = new Network(CpuDevice.Shared, layers, seed: 3);
        using Module module = TorchNetwork.FromNetwork(network);
        using var model = new TorchModel(module);
        using Network back = TorchNetwork.ToNetwork(module, CpuDevice.Shared);
        Assert.Equal(Architecture.ToJson(layers), Architecture.ToJson(back.Layers));
        Assert.Equal(network.Parameters.Layout.Parameters, model.Parameters.Layout.Parameters);

        using Batch batch = Samples.Tokens(classes: 9, vocabulary: 9, batch: 5, tokens: 4);
        float[] expected = network.Forward(batch, ForwardMode.Evaluation).Outputs.ToArray();
        AssertNumbers.Within(
            Array.ConvertAll(expected, v => (double)v), model.Forward(batch, ForwardMode.Evaluation).Outputs.ToArray(), _ => 1e-5 * expected.Max(Math.Abs), "outputs");
    }

    [TorchFact]
    public void Everything_a_network_has_but_the_reference_cases_do_not()
    {
        IReadOnlyList<Layer> layers =
        [
            new Models.Conv2d(2, 4, 3, Padding: Padding2D.KeepSize), new Models.LeakyReLU(0.2f), new Models.Dropout(0.25f), new Models.Flatten(),
            new Models.Linear(120, 6), new Models.Linear(6, 6), new Models.Linear(6, 6, Tie: "5"),
        ];
        using Module module = TorchNetwork.FromLayers(layers), padded = Sequential(Identity(), module, Sequential(Identity()));
        using Network network = TorchNetwork.ToNetwork(padded, CpuDevice.Shared);
        Assert.Equal(Architecture.ToJson(layers), Architecture.ToJson(network.Layers));

        using Batch batch = Samples.Real(3, 4, 2, 6, 5);
        using var model = new TorchModel(module);
        float[] expected = network.Forward(batch, ForwardMode.Evaluation).Outputs.ToArray();
        AssertNumbers.Within(
            Array.ConvertAll(expected, v => (double)v), model.Forward(batch, ForwardMode.Evaluation).Outputs.ToArray(), _ => 1e-5 * expected.Max(Math.Abs), "outputs");
    }

    [TorchTheory]
    [InlineData("5", "there is no earlier layer '5'")]
    [InlineData("0", "'0' has no weight to tie to")]
    public void Ties_that_lead_nowhere(string tie, string reason) => Assert.Contains(
        reason,
        Assert.Throws<KernelCoreException>(() => TorchNetwork.FromLayers([new Models.ReLU(), new Models.Linear(6, 6, Tie: tie)])).Message,
        StringComparison.Ordinal);

    [TorchFact]
    public void Files_that_name_a_tied_weight_twice()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        float[] values = TestNumbers.Normal(6, 54);
        Modules.Embedding table = Embedding(9, 6);
        try
        {
            var writer = new SafetensorsWriter();
            writer.Add("0.weight", [9, 6], values);
            writer.Add("1.weight", [9, 6], values);
            writer.Save(path);
            using Module module = Sequential(table, Linear(table.weight!));
            using var model = new TorchModel(module);
            TorchModelFile.Load(model, path);
            Assert.Equal(values, table.weight!.data<float>().ToArray());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TorchFact]
    public void What_has_no_layer_is_refused_by_name()
    {
        using Module module = Sequential(Linear(6, 6), Sequential(ELU(), Linear(6, 3)));
        var error = Assert.Throws<UnsupportedLayerException>(() => TorchNetwork.ToNetwork(module, CpuDevice.Shared));
        Assert.Equal("1.0", error.Layer);
        Assert.Contains("ELU", error.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Safetensors_under_the_names_of_PyTorch()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        Func<Module> create = Sequence(() => [Conv2d(2, 4, 3), BatchNorm2d(4), Flatten(), Linear(48, 3)]);
        try
        {
            using Module module = create(), other = Sequential(Conv2d(2, 4, 3), BatchNorm2d(4), Flatten(), Linear(48, 3)), smaller = Sequential(Conv2d(2, 4, 3));
            using TorchModel model = new(module), target = new(other), misfit = new(smaller);
            model.Buffers["1.running_mean"].fill_(3);
            TorchModelFile.Save(model, path);
            TorchModelFile.Load(target, path);
            Assert.Equal(model.Parameters.Flat.ToArray(), target.Parameters.Flat.ToArray());
            Assert.All(target.Buffers["1.running_mean"].data<float>().ToArray(), v => Assert.Equal(3, v));

            using Network network = NetworkFile.Load(CpuDevice.Shared, path, [new Models.Conv2d(2, 4, 3), new Models.BatchNorm2d(4), new Models.Flatten(), new Models.Linear(48, 3)]);
            Assert.Equal(model.Parameters.Flat.ToArray(), network.Parameters.Flat.ToArray());
            Assert.Contains("belongs to no layer", Assert.Throws<InvalidModelFileException>(() => TorchModelFile.Load(misfit, path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TorchFact]
    public void Files_of_TorchSharp()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.dat");
        Func<Module> create = Sequence(() => [Linear(6, 4), BatchNorm1d(4), Linear(4, 3)]);
        try
        {
            using Module module = create(), other = Sequential(Linear(6, 4), BatchNorm1d(4), Linear(4, 3)), smaller = Sequential(Linear(6, 4));
            module.save(path);
            using TorchModel model = new(module), target = new(other), misfit = new(smaller);
            TorchModelFile.Load(target, path);
            Assert.Equal(model.Parameters.Flat.ToArray(), target.Parameters.Flat.ToArray());
            Assert.Throws<InvalidModelFileException>(() => TorchModelFile.Load(misfit, path));
            File.WriteAllBytes(path, [1, 2, 3]);
            Assert.Throws<InvalidModelFileException>(() => TorchModelFile.Load(target, path));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
