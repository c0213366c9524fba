using KernelCore.Gradients;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Torch;
using TorchSharp;
using TorchTensor = TorchSharp.torch.Tensor;

namespace KernelCore.Benchmarks;

/// <summary>A workload as a network, as a TorchSharp module, and as a module behind the adapter: same weights, same batch, same direction.</summary>
internal sealed class TorchSession : IDisposable
{
    private const double Agreement = 1e-3;

    private readonly WorkloadSession _network;
    private readonly TorchSharp.Modules.Sequential _plain, _hooked;
    private readonly TorchModel _adapter;
    private readonly PerSampleEngine _scores;
    private readonly CurvatureProducts _products;
    private readonly ParameterVector _direction;
    private readonly Kernels.Tensor _losses;
    private readonly TorchTensor _input, _labels;
    private readonly string[] _names;
    private readonly TorchTensor[] _parameters, _along;

    public TorchSession(Workload workload, CpuDevice device)
    {
        _network = new WorkloadSession(workload, device);
        _plain = TorchNetwork.FromNetwork(_network.Network);
        _hooked = TorchNetwork.FromNetwork(_network.Network);
        _plain.eval();
        _hooked.eval();
        _adapter = new TorchModel(_hooked, device);
        _scores = new PerSampleEngine(_adapter, new GradientQuery { Norms = true, Cosines = true });
        _direction = new ParameterVector(_adapter.Parameters.Layout, device);
        _losses = device.Allocate([workload.Batch]);
        _input = torch.tensor(_network.Batch.Features!.ToArray(), Extents(_network.Batch.Features.Shape));
        _labels = torch.tensor(Array.ConvertAll(_network.Batch.Labels!.ToArray(), label => (long)label));
        _names = [.. _plain.named_parameters().Select(p => p.name)];
        _parameters = [.. _plain.parameters()];
        _along = [.. _names.Zip(_parameters, (name, parameter) => torch.tensor(_network.Direction[name].ToArray(), parameter.shape))];
        foreach (string name in _names)
        {
            _direction[name].CopyFrom(_network.Direction[name].ToArray());
        }

        _products = new CurvatureProducts(_adapter, _network.Batch, _direction);
        RequireAgreement();
    }

    /// <summary>What is timed; the first is what the others are held against.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "module's own pass", "module's forward alone", "adapter's pass", "adapter's norms and cosines, pass included",
        "module's double backward", "adapter's H v", "network's own pass", "network's norms and cosines, pass included", "network's H v",
    ];

    /// <summary>In the order of <see cref="Names"/>; all H v at new weights.</summary>
    public IReadOnlyList<Action> Items =>
    [
        TrainingPass, Forward, AdapterPass, () => _scores.Evaluate(_network.Batch, Loss.CrossEntropy),
        () => Array.ForEach(DoubleBackward(), part => part.Dispose()), () => _products.Run(Quantity.Hessian),
        () => _network.Run(Quantity.ForwardBackward), () => _network.Run(Quantity.NormsCosine), () => _network.Run(Quantity.Hessian),
    ];

    public void Dispose()
    {
        _products.Dispose();
        _scores.Dispose();
        _direction.Dispose();
        _losses.Dispose();
        _adapter.Dispose();
        _hooked.Dispose();
        _plain.Dispose();
        _input.Dispose();
        _labels.Dispose();
        Array.ForEach(_along, part => part.Dispose());
        _network.Dispose();
    }

    private static long[] Extents(Kernels.Shape shape) => Array.ConvertAll(shape.ToArray(), extent => (long)extent);

    private void Forward()
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        _plain.call(_input);
    }

    private void TrainingPass()
    {
        using var scope = torch.NewDisposeScope();
        _plain.zero_grad();
        torch.nn.functional.cross_entropy(_plain.call(_input), _labels).backward();
    }

    private void AdapterPass()
    {
        IForwardPass pass = _adapter.Forward(_network.Batch, ForwardMode.Evaluation);
        Loss.CrossEntropy.Evaluate(pass.Outputs, _network.Batch, 1, _losses, pass.Cotangent);
        pass.Backward();
    }

    /// <summary>H v of the mean loss.</summary>
    private TorchTensor[] DoubleBackward()
    {
        using var scope = torch.NewDisposeScope();
        TorchTensor loss = torch.nn.functional.cross_entropy(_plain.call(_input), _labels);
        IList<TorchTensor> gradients = torch.autograd.grad([loss], _parameters, create_graph: true, retain_graph: true);
        return [.. torch.autograd.grad([.. gradients], _parameters, _along).Select(part => part.MoveToOuterDisposeScope())];
    }

    private void RequireAgreement()
    {
        using var expected = new ParameterVector(_direction.Layout, _adapter.Device);
        TorchTensor[] parts = DoubleBackward();
        for (int i = 0; i < parts.Length; i++)
        {
            expected[_names[i]].CopyFrom([.. parts[i].data<float>()]);
            parts[i].Dispose();
        }

        float[] libtorch = expected.Flat.ToArray(), adapter = _products.Run(Quantity.Hessian).ToArray();
        double largest = libtorch.Max(Math.Abs);
        double difference = libtorch.Zip(adapter, (a, b) => Math.Abs((double)a - b)).Max() / largest;
        if (!(difference <= Agreement))
        {
            throw new InvalidOperationException($"{_network.Workload.Name}: H v of the adapter differs from libtorch's double backward by {difference:E1}");
        }
    }
}
