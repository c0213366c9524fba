using KernelCore.Kernels;
using KernelCore.Models;
using Functional = TorchSharp.torch.nn.functional;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace KernelCore.Torch.Tests;

/// <summary>The oracle: gradients of one sample after the other by libtorch's autograd in double precision.</summary>
internal static class PerSampleLoop
{
    /// <summary>Gradients of every sample's cross-entropy.</summary>
    /// <param name="create">Makes the module, the same weights every time.</param>
    /// <param name="batch">Samples.</param>
    /// <returns>By parameter name, then sample; frozen parameters are left out.</returns>
    public static Dictionary<string, double[][]> Gradients(Func<Module> create, Batch batch)
    {
        using Module module = create();
        module.to(torch.ScalarType.Float64);
        module.eval();
        var trainable = module.named_parameters().Where(p => p.parameter.requires_grad).ToArray();
        var all = trainable.ToDictionary(p => p.name, _ => new double[batch.Count][]);
        for (int i = 0; i < batch.Count; i++)
        {
            using var scope = torch.NewDisposeScope();
            foreach (var (_, parameter) in trainable)
            {
                parameter.grad = null;
            }

            TorchTensor loss = Functional.cross_entropy(module.call(Input(batch).narrow(0, i, 1)), torch.tensor([(long)batch.Labels!.Span[i]]), reduction: torch.nn.Reduction.Sum);
            loss.backward();
            foreach (var (name, parameter) in trainable)
            {
                all[name][i] = parameter.grad is { } gradient ? gradient.to_dense().contiguous().data<double>().ToArray() : new double[parameter.NumberOfElements];
            }
        }

        return all;
    }

    /// <summary>The input of a batch in double precision, or as 64-bit indices.</summary>
    public static TorchTensor Input(Batch batch) => batch.Features is { } features
        ? torch.tensor(Array.ConvertAll(features.ToArray(), v => (double)v), Extents(features.Shape))
        : torch.tensor(Array.ConvertAll(batch.Tokens!.ToArray(), v => (long)v), Extents(batch.Tokens.Shape));

    private static long[] Extents(Shape shape) => Array.ConvertAll(shape.ToArray(), extent => (long)extent);
}
