using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary>Base of the suites of <see cref="IPerSampleKernels"/>: every case, every role, batches of 0, 1 and more.</summary>
public abstract class PerSampleSuite : ConformanceSuite
{
    private const ulong DirectionStream = 901;

    /// <summary>Case, role, batch.</summary>
    public static TheoryData<string, ParameterRole, int> Parameters
    {
        get
        {
            var data = new TheoryData<string, ParameterRole, int>();
            foreach (string name in CaptureCases.Names)
            {
                foreach (ParameterRole role in CaptureCases.Roles(name))
                {
                    foreach (int batch in (int[])[0, 1, 5])
                    {
                        data.Add(name, role, batch);
                    }
                }
            }

            return data;
        }
    }

    /// <summary>The kernels under test.</summary>
    protected IPerSampleKernels Kernels => Device.Kernels.PerSample;

    /// <summary>A tensor whose old content must not shine through: NaN everywhere.</summary>
    protected Tensor Garbage(params ReadOnlySpan<int> extents)
    {
        Tensor tensor = Device.Allocate(Shape.Of(extents));
        tensor.Fill(float.NaN);
        return tensor;
    }

    /// <summary>A random tensor of the parameter's size.</summary>
    protected Tensor Direction(CaptureMath math) => Normal(DirectionStream, math.Count);

    /// <summary>Float values as doubles.</summary>
    protected static double[] Doubles(Tensor tensor) => [.. tensor.ToArray().Select(value => (double)value)];
}
