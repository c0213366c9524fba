using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;

namespace KernelCore.Influence;

/// <summary>The inverse of a Kronecker-factored Fisher matrix.</summary>
/// <param name="name">Short name.</param>
/// <param name="damping">By block.</param>
/// <param name="estimate">Estimates the matrix from batches.</param>
internal sealed class KroneckerInverse(string name, Damping damping, Func<CurvatureSource, IEnumerable<Batch>, KroneckerFisher> estimate) : InverseCurvature(name)
{
    internal override InverseMap Open(CurvatureSource source) => new KroneckerMap(estimate(source, Batches(source)), damping);

    private static IEnumerable<Batch> Batches(CurvatureSource source)
    {
        using var loader = new BatchLoader(source.Data, source.Model.Device, source.BatchSize);
        int[] order = [.. Enumerable.Range(0, source.Data.Count)];
        for (int number = 0; number < loader.BatchCount; number++)
        {
            yield return loader.Load(loader.Slice(order, number));
        }
    }

    /// <summary>
    /// The eigenbasis, where the inverse is diagonal. Turning captures turns gradients: Q_S^T (s a^T) Q_A = (Q_S^T s)(Q_A^T a)^T
    /// costs p^2 + d^2 per sample and position instead of p d (p + d) for each gradient.
    /// </summary>
    private sealed class KroneckerMap : InverseMap
    {
        private readonly KroneckerFisher _fisher;
        private readonly Dictionary<BlockAddress, int> _numbers;
        private readonly Tensor _inverses;
        private readonly List<Tensor> _turned = [];

        public KroneckerMap(KroneckerFisher fisher, Damping damping)
        {
            _fisher = fisher;
            _numbers = fisher.Blocks.Select((block, number) => (block.Address, number)).ToDictionary(b => b.Address, b => b.number);
            Layout = new ParameterLayout(fisher.Blocks.Select((b, k) => ($"block {k}", Shape.Of(b.Address.Rows, b.Address.Inputs), true)));
            _inverses = fisher.Device.Allocate(
                [checked((int)Layout.Count)], [.. fisher.Blocks.SelectMany(b => KroneckerFisher.Invert(b.Eigenvalues, damping)).Select(v => (float)v)]);
        }

        public override ParameterLayout Layout { get; }

        public override CaptureSet Map(CaptureSet captures)
        {
            Free();
            var turned = new List<LayerCapture>();
            foreach (IGrouping<BlockAddress, LayerCapture> uses in BlockAddress.Of(captures))
            {
                int number = _numbers[uses.Key];
                foreach (LayerCapture capture in uses)
                {
                    using var rows = new PositionRows(capture, uses.Key.Group);
                    LayerCapture one = _fisher.Blocks[number].Rotate(rows) with { WeightIndex = number };
                    _turned.AddRange(one.Activation!, one.Backprop);
                    turned.Add(one);
                }
            }

            return new CaptureSet(turned);
        }

        public override void Solve(Tensor x, Tensor y)
        {
            y.Assign(x);
            y.Device.Kernels.Parameters.ScaleRows(_inverses, y.Reshape([(int)y.Count, 1]));
        }

        public override void Dispose()
        {
            Free();
            _inverses.Dispose();
            _fisher.Dispose();
        }

        private void Free()
        {
            _turned.ForEach(t => t.Dispose());
            _turned.Clear();
        }
    }
}
