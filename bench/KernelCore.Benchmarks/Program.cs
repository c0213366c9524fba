using System.CommandLine;
using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Running;
using KernelCore.Benchmarks;

// The child processes of the memory measurements, apart from the parser so that they hold as little as possible.
if (args is [MemoryUse.Command, var model, var quantityName, var threadCount, var batch, var width])
{
    Workload workload = Workload.All.First(w => w.Name == model);
    workload = Number(width) > 0 ? Workload.Perceptron(workload.Batch, Number(width)) : workload;
    workload = Number(batch) > 0 ? workload with { Batch = Number(batch) } : workload;
    MemoryUse.Report(workload, Quantities.Parse(quantityName), Number(threadCount));
    return 0;
}

if (args is [MemoryUse.InfluenceCommand, var item, var influenceThreads])
{
    MemoryUse.Report(InfluenceComparison.Cases.First(c => c.Item == item), Number(influenceThreads));
    return 0;
}

var rounds = new Option<int>("--rounds") { Description = "Rounds of every figure.", DefaultValueFactory = _ => 9 };
var block = new Option<double>("--block") { Description = "Seconds of one timed block.", DefaultValueFactory = _ => 0.1 };
var threads = new Option<int>("--threads") { Description = "Threads of KernelCore and its peers.", DefaultValueFactory = _ => Environment.ProcessorCount };
foreach (Option<int> positive in new[] { rounds, threads })
{
    positive.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() < 1)
        {
            result.AddError($"{positive.Name} is at least 1");
        }
    });
}

var models = List("--models", "Models to measure.", [.. Workload.All.Select(w => w.Name)]);
var parts = List(
    "--parts", "What to measure: quantities and curvature of the models, the head kernel, matrix products, influence on the mlp, resident memory.",
    [Comparer.Models, Comparer.Curvature, Comparer.Head, Comparer.Gemm, Comparer.Influence, Comparer.Memory]);
var noPeers = new Option<bool>("--no-peers") { Description = "Measure KernelCore alone." };
var accept = new Option<bool>("--accept") { Description = "Write the measured ratios to bench/ratios.json." };
var compare = new Command("compare", "Times KernelCore beside its peers on the same weights and inputs; fails when numbers disagree or a ratio regressed.")
{
    rounds, block, threads, models, parts, noPeers, accept,
};
compare.SetAction(parsed => new Comparer(new ComparisonOptions(
    parsed.GetValue(rounds), parsed.GetValue(block), parsed.GetValue(threads), parsed.GetValue(models)!, parsed.GetValue(parts)!,
    !parsed.GetValue(noPeers), parsed.GetValue(accept))).Run());

var scaling = new Command("scaling", "Times batch sizes and widths from small to large and draws docs/scaling.svg.") { rounds, block, threads };
scaling.SetAction(parsed => new ScalingRun(parsed.GetValue(rounds), parsed.GetValue(block), parsed.GetValue(threads)).Run());

var device = new Option<string>("--device") { Description = "Device of the suite 'device', as 'kernelcore devices' lists it.", DefaultValueFactory = _ => BenchmarkDevice.Selector };
var bdn = new Command("bdn", "Runs BenchmarkDotNet; its arguments follow, for example --filter '*Gemm*' or --allCategories head.") { device };
bdn.TreatUnmatchedTokensAsErrors = false;
bdn.SetAction(parsed =>
{
    BenchmarkDevice.Selector = parsed.GetValue(device)!;
    return BenchmarkSwitcher.FromAssembly(typeof(Workload).Assembly).Run(
        [.. parsed.UnmatchedTokens],
        DefaultConfig.Instance.AddExporter(JsonExporter.Full).WithArtifactsPath(Path.Combine(Repository.Artifacts, "bdn")))
        .All(summary => !summary.HasCriticalValidationErrors) ? 0 : 1;
});

var libtorch = new Command("torch", "Times the TorchSharp adapter and the built-in network beside libtorch.") { rounds, block, threads };
#if TORCHSHARP
libtorch.SetAction(parsed => new TorchRun(parsed.GetValue(rounds), parsed.GetValue(block), parsed.GetValue(threads)).Run());
#else
libtorch.SetAction(_ =>
{
    Console.Error.WriteLine("this build has no TorchSharp: docs/development.md, \"Packages that not every feed serves\"");
    return 1;
});
#endif

var root = new RootCommand("Benchmarks of KernelCore.") { compare, scaling, libtorch, bdn };
return root.Parse(args.Length == 0 || (args[0].StartsWith('-') && args[0] is not ("--help" or "-h")) ? ["compare", .. args] : args).Invoke();

static Option<string[]> List(string name, string description, string[] values)
{
    var option = new Option<string[]>(name) { Description = description, DefaultValueFactory = _ => values, AllowMultipleArgumentsPerToken = true };
    return option.AcceptOnlyFromAmong(values);
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
