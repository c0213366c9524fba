using System.Reflection;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>Nothing is launched that the catalogue lacks.</summary>
public class KernelCatalogueTests
{
    private static readonly HashSet<Type> Catalogued = [.. KernelCatalogue.All.Select(kernel => kernel.GetGenericTypeDefinition())];

    [Fact]
    public void Every_shape_of_launch_is_in_it()
    {
        IEnumerable<Type> shapes = typeof(IlgpuDevice).Assembly.GetTypes().Where(type => type.IsValueType && typeof(IGridKernel).IsAssignableFrom(type));
        Assert.All(shapes, shape => Assert.Contains(shape, Catalogued));
    }

    [Theory]
    [InlineData(nameof(IlgpuDevice.ForEach))]
    [InlineData(nameof(IlgpuDevice.Stream))]
    [InlineData(nameof(IlgpuDevice.ForEachRow))]
    public void Every_loop_that_is_started_is_in_it(string method)
    {
        Type[] bodies = [.. KernelCatalogue.All.Select(kernel => kernel.GetGenericArguments()[0])];
        Type[] started = [.. KernelCatalogue.Calls(typeof(IlgpuDevice), method).OfType<MethodInfo>().Select(call => call.GetGenericArguments()[0])];
        Assert.NotEmpty(started);
        Assert.All(started, body => Assert.Contains(body, bodies));
    }

    [Fact]
    public void Every_product_is_of_operands_that_its_call_names()
    {
        // Two calls pass on type parameters, those for which MultiplyTo was called; and one of them a destination that the kind of activation decides.
        IReadOnlyList<MethodInfo?> calls = KernelCatalogue.Calls(typeof(IlgpuLinearAlgebra), nameof(IlgpuLinearAlgebra.Multiply));
        Assert.Equal(2, calls.Count(call => call is null));
        IReadOnlyList<MethodInfo?> stored = KernelCatalogue.Calls(typeof(IlgpuLinearAlgebra), nameof(IlgpuLinearAlgebra.MultiplyTo));
        Assert.True(stored.Count > 1);
        Assert.Single(stored, call => call is null);
    }
}
