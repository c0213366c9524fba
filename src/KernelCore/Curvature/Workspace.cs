using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>The work vectors of one solve, allocated together and freed together. All start as zeros.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly Tensor[] _vectors;

    public Workspace(Device device, int dimension, int vectors)
    {
        _vectors = new Tensor[vectors];
        for (int i = 0; i < vectors; i++)
        {
            _vectors[i] = device.Allocate([dimension]);
        }
    }

    public Tensor this[int index] => _vectors[index];

    public void Dispose()
    {
        foreach (Tensor vector in _vectors)
        {
            vector.Dispose();
        }
    }
}
