using System.Collections.Concurrent;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Tests.Models;

namespace KernelCore.Tests.Gradients;

/// <summary>The per-sample gradients of a case in double, by central differences, and what follows from them.</summary>
internal sealed class GradientOracle
{
    public const int Samples = 4;

    private static readonly ConcurrentDictionary<string, Lazy<GradientOracle>> Cache = new();
    private readonly double[][][] _gradients;

    private GradientOracle(NetworkCase c)
    {
        using var device = new CpuDevice(1);
        using Network network = c.Build(device);
        using Batch batch = c.Batch(device, Samples);
        var reference = new ReferenceNetwork(network);
        Layout = network.Parameters.Layout;
        Weights = [.. Layout.Parameters.Select(p => reference.Parameters[p.Name])];
        _gradients = [.. Layout.Parameters.Select(p => p.Trainable
            ? reference.Gradients(batch, c.Objective, p.Name)
            : [.. Enumerable.Range(0, Samples).Select(_ => new double[p.Shape.Count])])];
    }

    public ParameterLayout Layout { get; }

    /// <summary>Weights, [parameter][element].</summary>
    public double[][] Weights { get; }

    public static GradientOracle Of(string name) =>
        Cache.GetOrAdd(name, n => new Lazy<GradientOracle>(() => new GradientOracle(NetworkCases.Find(n)))).Value;

    /// <summary>grad_i of a parameter.</summary>
    public double[] Gradient(int sample, int parameter) => _gradients[parameter][sample];

    /// <summary>grad_i of everything trainable, flat.</summary>
    public double[] Gradient(int sample) => [.. _gradients.SelectMany(g => g[sample])];

    /// <summary>The weights that are trainable, flat; zeros for the others.</summary>
    public double[] TrainableWeights() => [.. Layout.Parameters.SelectMany((p, k) => p.Trainable ? Weights[k] : new double[Weights[k].Length])];

    public static double Dot(double[] a, double[] b) => a.Zip(b, (u, v) => u * v).Sum();

    public static double Norm(double[] a) => Math.Sqrt(Dot(a, a));
}
