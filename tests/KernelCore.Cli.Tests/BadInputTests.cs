using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using KernelCore.Files;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Cli.Tests;

/// <summary>Whatever is wrong with the input: exit code 2, one line that names it, and no file that was not there before.</summary>
public sealed class BadInputTests : IDisposable
{
    private const string Arch = """[{"kind":"Flatten"},{"kind":"Linear","in":64,"out":10}]""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("unknown command or argument 'bogus'", "bogus")]
    [InlineData("unknown command or argument '--bogus'", "train", "--bogus")]
    [InlineData("'--data' is required", "train", "--out", "x")]
    [InlineData("--epochs takes a whole number of at least 1, got 'many'", "train", "--data", "digits", "--out", "x", "--epochs", "many")]
    [InlineData("--epochs takes a whole number of at least 1, got '0'", "train", "--data", "digits", "--out", "x", "--epochs", "0")]
    [InlineData("--label-noise takes a fraction in [0, 1], got '1.5'", "train", "--data", "digits", "--out", "x", "--label-noise", "1.5")]
    [InlineData("--label-noise takes a fraction in [0, 1], got 'NaN'", "train", "--data", "digits", "--out", "x", "--label-noise", "NaN")]
    [InlineData("--lr takes a positive number, got '-1'", "train", "--data", "digits", "--out", "x", "--lr", "-1")]
    [InlineData("--noise takes symmetric, pair, got 'pink'", "train", "--data", "digits", "--out", "x", "--noise", "pink")]
    [InlineData("'--noise'", "train", "--data", "digits", "--out", "x", "--noise")]
    [InlineData("no backend 'abacus' for device 'abacus'; known: cpu", "train", "--data", "digits", "--out", "x", "--device", "abacus")]
    [InlineData("--threads goes with --device cpu", "train", "--data", "digits", "--out", "x", "--device", "cpu:1", "--threads", "2")]
    [InlineData("no data set 'nothing'", "train", "--data", "nothing", "--out", "x")]
    [InlineData("no architecture 'vgg'", "train", "--data", "digits", "--arch", "vgg", "--out", "x")]
    [InlineData("the architecture cnn needs images", "train", "--data", "breast-cancer", "--arch", "cnn", "--out", "x")]
    [InlineData("the loss is", "train", "--data", "digits", "--optimizer", "sgd", "--lr", "1e30", "--out", "x")]
    [InlineData("no such run directory", "report", "--run", "x")]
    [InlineData("'missing.safetensors': cannot be read", "verify", "missing.safetensors")]
    public Task Arguments(string message, params string[] arguments) => RefusesAsync(message, arguments);

    [Theory]
    [InlineData("""[{"kind":"Sausage"}]""", "Sausage")]
    [InlineData("""[{"kind":"Linear","in":64,"wide":10}]""", "wide")]
    [InlineData("""[{"kind":"Flatten"},{"kind":"Linear","in":-1,"out":10}]""", "layer '1': negative or far too large sizes")]
    [InlineData("""[{"kind":"Flatten"},{"kind":"Linear","in":2000000000,"out":2000000000}]""", "layer '1': negative or far too large sizes")]
    [InlineData("""[{"kind":"Flatten"},{"kind":"Linear","in":65,"out":10}]""", "layer '1'")]
    [InlineData("""[{"kind":"Flatten"},{"kind":"Linear","in":64,"out":5}]""", "class count mismatch: the model has outputs [5] per sample, data set 'digits' has 10 classes")]
    [InlineData("[]", "no layers")]
    [InlineData("{", "not a valid layer list")]
    public Task Architectures(string json, string message) =>
        RefusesAsync(message, "train", "--data", "digits", "--arch", _folder.Write("net.json", json), "--epochs", "1", "--out", _folder["run"]);

    [Fact]
    public async Task Truncated_model()
    {
        byte[] bytes = File.ReadAllBytes(SaveModel());
        foreach (int length in new[] { 0, 7, 8, 100, bytes.Length - 1 })
        {
            await RefusesModelAsync(bytes[..length], "model.safetensors");
        }
    }

    [Fact]
    public async Task Broken_model_headers()
    {
        await RefusesModelAsync([.. BitConverter.GetBytes(1L << 20), .. "{}"u8], "header");
        await RefusesModelAsync(
            Raw("""{"1.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"1.bias":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6), "1.");
        await RefusesModelAsync("not a safetensors file at all"u8.ToArray(), "header");
    }

    [Fact]
    public async Task Parameters_that_do_not_fit()
    {
        await RefusesModelAsync(Model(w => w.Add("1.weight", [10, 64], new float[640])), "'1.bias'", "[10]", "missing");
        await RefusesModelAsync(Model(w => Add(w, [64, 10], new float[640])), "'1.weight'", "[10, 64]", "[64, 10]");
        await RefusesModelAsync(Model(w => Add(w, [10, 64], [.. new float[600], float.NaN, .. new float[39]])), "'1.weight'", "NaN", "600");
        await RefusesModelAsync(
            Model(w =>
            {
                w.Add("1.weight", [10, 64], new long[640]);
                w.Add("1.bias", [10], new float[10]);
            }),
            "'1.weight'", "I64");
    }

    [Fact]
    public async Task Models_that_do_not_fit_the_data()
    {
        using (var network = new Network(CpuDevice.Shared, [new Flatten(), new Linear(64, 7)]))
        {
            NetworkFile.Save(network, _folder["seven.safetensors"]);
        }

        await RefusesAsync("class count mismatch", "score", "--model", _folder["seven.safetensors"], "--data", "digits", "--out", _folder["s.csv"]);
        string model = SaveModel();
        await RefusesAsync("layer '1'", "score", "--model", model, "--data", "breast-cancer", "--out", _folder["s.csv"]);
        await RefusesAsync("'aum' is not a score of a single moment", "score", "--model", model, "--data", "digits", "--scores", "aum", "--out", _folder["s.csv"]);
        await RefusesAsync("'' is not a score", "score", "--model", model, "--data", "digits", "--scores", ",", "--out", _folder["s.csv"]);
    }

    [Fact]
    public async Task Broken_data()
    {
        byte[] gz = Compress("0.5,1,0\n0.25,2,1\n");
        await RefusesDataAsync(_folder.Write("cut.csv.gz", gz[..^9]), "cut.csv.gz");
        await RefusesDataAsync(_folder.Write("plain.csv.gz", "0.5,1,0\n"), "plain.csv.gz");
        await RefusesDataAsync(_folder.Write("empty.csv", ""), "empty.csv");
        await RefusesDataAsync(_folder.Write("label.csv", "0.5,1,0\n0.25,2,-3\n"), "label.csv");
        await RefusesDataAsync(_folder.Write("nan.csv", "0.5,1,0\nNaN,2,1\n"), "nan.csv");
        await RefusesDataAsync(_folder["missing.csv"], "missing.csv");

        Directory.CreateDirectory(_folder["idx"]);
        foreach (string file in new[] { "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte" })
        {
            _folder.Write(Path.Combine("idx", file), [9, 9, 9, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0]);
        }

        await RefusesDataAsync(_folder["idx"], "begins with 0x0909, expected 0x0000");
    }

    [Fact]
    public async Task Outputs_that_cannot_be_written()
    {
        string model = SaveModel(), file = _folder.Write("file", "");
        await RefusesAsync($"cannot write to the directory '{file}'", "train", "--data", "digits", "--out", file);
        await RefusesAsync("cannot write to the directory", "train", "--data", "digits", "--out", Path.Combine(file, "run"));
        await RefusesAsync("cannot write", "score", "--model", model, "--data", "digits", "--out", _folder[Path.Combine("missing", "s.csv")]);
        await RefusesAsync("FILE.csv or FILE.json", "score", "--model", model, "--data", "digits", "--out", _folder["s.txt"]);
    }

    [Fact]
    public async Task Runs_that_are_none()
    {
        Directory.CreateDirectory(_folder["run"]);
        await RefusesAsync("history.json", "report", "--run", _folder["run"]);
        _folder.Write(Path.Combine("run", "history.json"), "{}");
        await RefusesAsync("not a run history", "report", "--run", _folder["run"]);
    }

    [Fact]
    public async Task The_process_ends_with_the_code_and_the_line()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "KernelCore.Cli.dll"), "score", "--model", "none", "--data", "digits", "--out", "x.csv"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Assert.Equal("", await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Equal(2, process.ExitCode);
        Assert.Matches(@"^kernelcore: error: 'none': cannot be read: [^\n]*\n$", (await error).ReplaceLineEndings("\n"));
    }

    private static void Add(SafetensorsWriter writer, int[] shape, float[] weight)
    {
        writer.Add("1.weight", Kernels.Shape.Of(shape), weight);
        writer.Add("1.bias", [10], new float[10]);
    }

    private static byte[] Model(Action<SafetensorsWriter> fill)
    {
        var writer = new SafetensorsWriter();
        writer.Metadata[NetworkFile.ArchitectureKey] = Arch;
        fill(writer);
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    private static byte[] Raw(string header, int data) => [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. new byte[data]];

    private static byte[] Compress(string text)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return stream.ToArray();
    }

    private string SaveModel()
    {
        using var network = new Network(CpuDevice.Shared, Architecture.Parse(Arch));
        NetworkFile.Save(network, _folder["good.safetensors"]);
        return _folder["good.safetensors"];
    }

    private Task RefusesDataAsync(string data, string message) => RefusesAsync(message, "train", "--data", data, "--epochs", "1", "--out", _folder["run"]);

    private async Task RefusesModelAsync(byte[] file, params string[] messages)
    {
        string path = _folder.Write("model.safetensors", file);
        foreach (string message in messages)
        {
            await RefusesAsync(message, "score", "--model", path, "--data", "digits", "--out", _folder["s.csv"]);
        }
    }

    private async Task RefusesAsync(string message, params string[] arguments)
    {
        string[] before = _folder.Content;
        ToolRun run = await ToolRun.StartAsync(arguments);
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("kernelcore: error: ", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(before, _folder.Content);
        Assert.False(Directory.Exists("x"));
    }
}
