using System.Runtime.InteropServices;
using KernelCore.Conformance;
using KernelCore.Conformance.PerSample;

namespace KernelCore.Kernels.Cpu.Tests.PerSample;

/// <summary>What the CPU kernels promise beyond right numbers: the same bits for every thread count, and no allocation.</summary>
public sealed class PerSampleDisciplineTests
{
    private const int Batch = 37;

    public static TheoryData<string, ParameterRole> Parameters
    {
        get
        {
            var data = new TheoryData<string, ParameterRole>();
            foreach (string name in CaptureCases.Names)
            {
                foreach (ParameterRole role in CaptureCases.Roles(name))
                {
                    data.Add(name, role);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Parameters))]
    public void Bits_do_not_depend_on_the_number_of_threads(string name, ParameterRole role)
    {
        using var one = new CpuDevice(1);
        ReadOnlySpan<uint> expected = Bits(new AllQueries(one, name, role, Batch).Run(keep: true));
        foreach (int threads in (int[])[2, 3, 5])
        {
            using var several = new CpuDevice(threads);
            Assert.True(expected.SequenceEqual(Bits(new AllQueries(several, name, role, Batch).Run(keep: true))), $"{name}, {threads} threads");
        }
    }

    [Theory]
    [MemberData(nameof(Parameters))]
    public void Steady_state_allocates_nothing(string name, ParameterRole role)
    {
        using var device = new CpuDevice(1);
        var queries = new AllQueries(device, name, role, Batch);
        SteadyState.AssertNoAllocation(() => queries.Run(keep: false));
    }

    private static ReadOnlySpan<uint> Bits(List<float> values) => MemoryMarshal.Cast<float, uint>(CollectionsMarshal.AsSpan(values));
}
