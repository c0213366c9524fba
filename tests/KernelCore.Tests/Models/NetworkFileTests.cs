using KernelCore.Conformance;
using KernelCore.Files;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Tests.Files;

namespace KernelCore.Tests.Models;

[Collection(SharedDevice.Collection)]
public sealed class NetworkFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. NetworkCases.All.Select(c => c.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Loading_what_was_saved_gives_the_same_bits(string name)
    {
        using Network network = NetworkCases.Find(name).Build(CpuDevice.Shared);
        NetworkFile.Save(network, _folder["a"], new Dictionary<string, string> { ["note"] = "mine" });
        using Network loaded = NetworkFile.Load(CpuDevice.Shared, _folder["a"]);
        Assert.Equal(network.Parameters.Layout.Parameters, loaded.Parameters.Layout.Parameters);
        Assert.Equal(network.Parameters.Flat.ToArray(), loaded.Parameters.Flat.ToArray());
        Assert.Equal(network.Buffers.Keys, loaded.Buffers.Keys);
        Assert.All(network.Buffers, b => Assert.Equal(b.Value.ToArray(), loaded.Buffers[b.Key].ToArray()));

        NetworkFile.Save(loaded, _folder["b"], new Dictionary<string, string> { ["note"] = "mine" });
        Assert.Equal(File.ReadAllBytes(_folder["a"]), File.ReadAllBytes(_folder["b"]));
    }

    [Fact]
    public void A_PyTorch_state_dict_loads_under_its_own_names()
    {
        Layer[] layers =
        [
            new Conv2d(1, 2, 2), new BatchNorm2d(2), new Flatten(), new Linear(8, 8), new Reuse("3"), new Residual([new Linear(8, 8)]), new Reuse("5"), new Linear(8, 8, Bias: false, Tie: "3"),
        ];
        using var original = new Network(CpuDevice.Shared, layers, seed: 3);
        string path = Write(original, writer =>
        {
            writer.Add("1.num_batches_tracked", [], new long[] { 12 });
            foreach (var (alias, name) in new[] { ("4", "3"), ("6.body.0", "5.body.0") })
            {
                writer.Add($"{alias}.weight", [8, 8], original.Parameters[$"{name}.weight"].ToArray());
                writer.Add($"{alias}.bias", [8], original.Parameters[$"{name}.bias"].ToArray());
            }

            writer.Add("7.weight", [8, 8], original.Parameters["3.weight"].ToArray());
        });
        using Network loaded = NetworkFile.Load(CpuDevice.Shared, path, layers);
        Assert.Equal(original.Parameters.Flat.ToArray(), loaded.Parameters.Flat.ToArray());
    }

    [Fact]
    public void Attention_loads_with_the_underscore_of_PyTorch()
    {
        Layer[] layers = [new Residual([new SelfAttention(4, 2)]), new Reuse("0.body.0"), new MeanTokens(), new Linear(4, 2)];
        using var original = new Network(CpuDevice.Shared, layers, seed: 3);
        string path = Write(original, _ => { }, name => name.Replace(".in_proj.", ".in_proj_", StringComparison.Ordinal));
        using Network loaded = NetworkFile.Load(CpuDevice.Shared, path, layers);
        Assert.Equal(original.Parameters.Flat.ToArray(), loaded.Parameters.Flat.ToArray());
    }

    [Fact]
    public void The_running_statistics_of_a_layer_used_twice_may_stand_in_the_file_twice()
    {
        Layer[] layers = [new BatchNorm2d(2), new Reuse("0")];
        using var original = new Network(CpuDevice.Shared, layers);
        string path = Write(original, writer =>
        {
            writer.Add("1.running_mean", [2], original.Buffers["0.running_mean"].ToArray());
            writer.Add("1.running_var", [2], original.Buffers["0.running_var"].ToArray());
        });
        NetworkFile.Load(CpuDevice.Shared, path, layers).Dispose();
    }

    [Theory]
    [InlineData("missing", "parameter '2.weight' of shape [3, 4] is missing")]
    [InlineData("shape", "parameter '2.weight' should have shape [3, 4], the file has [4, 3]")]
    [InlineData("nan", "parameter '2.weight' has the value NaN at element 5")]
    [InlineData("infinity", "parameter '2.weight' has the value Infinity at element 5")]
    [InlineData("integer", "parameter '2.weight' should be floating point, the file has")]
    [InlineData("extra", "tensor '7.weight' belongs to no layer")]
    [InlineData("alias", "'1.weight' and '0.weight' are one shared parameter, but their values differ")]
    public void What_does_not_fit_is_refused_by_name(string fault, string expected)
    {
        Layer[] layers = [new Linear(4, 4), new Linear(4, 4, Tie: "0"), new Linear(4, 3)];
        using var network = new Network(CpuDevice.Shared, layers);
        float[] weight = network.Parameters["2.weight"].ToArray();
        string path = Write(
            network,
            writer =>
            {
                weight[5] = fault switch { "nan" => float.NaN, "infinity" => float.PositiveInfinity, _ => weight[5] };
                switch (fault)
                {
                    case "missing": break;
                    case "shape": writer.Add("2.weight", [4, 3], weight); break;
                    case "integer": writer.Add("2.weight", [3, 4], new int[12]); break;
                    default: writer.Add("2.weight", [3, 4], weight); break;
                }

                if (fault is "extra" or "alias")
                {
                    writer.Add(fault == "extra" ? "7.weight" : "1.weight", [4, 4], TestNumbers.Normal(1, 16));
                }
            },
            without: "2.weight");
        var refusal = Assert.Throws<InvalidModelFileException>(() => NetworkFile.Load(CpuDevice.Shared, path, layers));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("weights", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_an_architecture_needs_one()
    {
        using var network = new Network(CpuDevice.Shared, [new Linear(2, 2)]);
        string path = Write(network, _ => { });
        Assert.Contains("pass the architecture", Assert.Throws<InvalidModelFileException>(() => NetworkFile.Load(CpuDevice.Shared, path)).Message, StringComparison.Ordinal);
    }

    private string Write(Network network, Action<SafetensorsWriter> more, Func<string, string>? rename = null, string? without = null)
    {
        var writer = new SafetensorsWriter();
        foreach (ParameterInfo parameter in network.Parameters.Layout.Parameters.Where(p => p.Name != without))
        {
            writer.Add(rename?.Invoke(parameter.Name) ?? parameter.Name, parameter.Shape, network.Parameters[parameter.Name].ToArray());
        }

        foreach (var (name, buffer) in network.Buffers)
        {
            writer.Add(name, buffer.Shape, buffer.ToArray());
        }

        more(writer);
        writer.Save(_folder["weights"]);
        return _folder["weights"];
    }
}
