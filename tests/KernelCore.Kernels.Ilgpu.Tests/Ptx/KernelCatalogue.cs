using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>All kernels of the backend as a GPU runs them: every body in its loop, every generic one with everything it takes, every product that is called for.</summary>
internal static class KernelCatalogue
{
    /// <summary>Threads of a group on a GPU.</summary>
    public const int GroupSize = 256;

    private static readonly Type[] Kernels = typeof(IlgpuDevice).Assembly.GetTypes(), Shared = typeof(IKernels).Assembly.GetTypes();

    /// <summary>How products multiply on a GPU, the elements of a thread, and the compute capability that it needs, times ten.</summary>
    private static readonly (Type Tile, Type Sums, int Capability)[] Tiles =
    [
        (typeof(SingleTile<LargeGroup>), typeof(Quad), 0),
        (typeof(WideTile<LargeGroup>), typeof(Quads), 0),
        (typeof(TensorTile<LargeGroup, Tf32, TensorCore<Tf32>>), typeof(Quad), 80),
        (typeof(TensorTile<LargeGroup, Bf16, TensorCore<Bf16>>), typeof(Quad), 80),
        (typeof(WideTensorTile<LargeGroup, Tf32, TensorCore<Tf32>>), typeof(Quads), 80),
        (typeof(WideTensorTile<LargeGroup, Bf16, TensorCore<Bf16>>), typeof(Quads), 80),
    ];

    /// <summary>Kernel types, closed.</summary>
    public static IReadOnlyList<Type> All { get; } =
    [
        .. Bodies(typeof(IElement)).Select(body => typeof(ElementLoop<>).MakeGenericType(body)),
        .. Bodies(typeof(IStream)).Select(body => typeof(StreamLoop<>).MakeGenericType(body)),
        .. Bodies(typeof(IRow)).Select(body => typeof(RowLoop<,>).MakeGenericType(body, typeof(ShuffledWarp))),
        .. Products(),
    ];

    /// <summary>Those that a GPU of a compute capability, times ten, runs.</summary>
    public static IReadOnlyList<Type> Of(int capability) => [.. All.Where(kernel => Capability(kernel) <= capability)];

    /// <summary>What CUDA's compiler is told of a kernel.</summary>
    public static KernelSpecialization Specialization(Type kernel) => (KernelSpecialization)typeof(IlgpuDevice)
        .GetMethod(nameof(IlgpuDevice.Specialization), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(kernel).Invoke(null, [GroupSize])!;

    /// <summary>The method that ILGPU compiles for a kernel.</summary>
    public static MethodInfo Entry(Type kernel) =>
        typeof(IlgpuDevice).GetMethod(nameof(IlgpuDevice.Entry), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(kernel);

    /// <summary>Every way the code of the backend calls a generic method, with its type arguments; null where they are type parameters of the caller.</summary>
    public static unsafe IReadOnlyList<MethodInfo?> Calls(Type type, string method)
    {
        Module module = type.Module;
        int called = type.GetMethod(method, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!.MetadataToken;
        module.Assembly.TryGetRawMetadata(out byte* start, out int length);
        var metadata = new MetadataReader(start, length);
        return
        [
            .. Enumerable.Range(1, metadata.GetTableRowCount(TableIndex.MethodSpec)).Select(MetadataTokens.MethodSpecificationHandle)
                .Where(call => MetadataTokens.GetToken(metadata.GetMethodSpecification(call).Method) == called)
                .Select(call => Resolve(module, MetadataTokens.GetToken(call))),
        ];
    }

    private static IEnumerable<Type> Bodies(Type loop) => Kernels.Where(type => type.IsValueType && loop.IsAssignableFrom(type)).SelectMany(Close);

    private static IEnumerable<Type> Close(Type type)
    {
        if (!type.IsGenericTypeDefinition)
        {
            return [type];
        }

        Type constraint = type.GetGenericArguments()[0].GetGenericParameterConstraints().FirstOrDefault(c => c != typeof(ValueType), typeof(ValueType));
        return constraint == typeof(ValueType)
            ? [type.MakeGenericType(typeof(float)), type.MakeGenericType(typeof(int))]
            : Kernels.Concat(Shared).Where(argument => argument.IsValueType && constraint.IsAssignableFrom(argument)).SelectMany(Close).Select(argument => type.MakeGenericType(argument));
    }

    private static IEnumerable<Type> Products() =>
        (from tile in Tiles
         from arguments in Arguments(nameof(IlgpuLinearAlgebra.Multiply)).Concat(Arguments(nameof(IlgpuLinearAlgebra.MultiplyTo)).Concat(Gemm()).SelectMany(WholeAndInParts))
         where tile.Sums == typeof(Quad) || arguments[0].GetGenericTypeDefinition() != typeof(Hadamard<,>)
         select typeof(Product<,,,>).MakeGenericType([tile.Tile, tile.Sums, .. arguments])).Distinct();

    private static IEnumerable<Type[]> Arguments(string method) => Calls(typeof(IlgpuLinearAlgebra), method).OfType<MethodInfo>().Select(call => call.GetGenericArguments());

    /// <summary>Matrices by matrices, to everything that stores a product.</summary>
    private static IEnumerable<Type[]> Gemm() =>
        Bodies(typeof(IDestination)).OrderBy(to => to.IsGenericType).Select(to => new[] { typeof(MatrixOperand), typeof(MatrixOperand), to });

    /// <summary>Of operands and where their product goes. Parts of it go to intermediate memory.</summary>
    private static IEnumerable<Type[]> WholeAndInParts(Type[] product) =>
    [
        [typeof(Factor<,>).MakeGenericType(product[..2]), product[2]],
        [typeof(Factor<,>).MakeGenericType(product[..2]), typeof(Destination)],
    ];

    private static int Capability(Type kernel) => Array.Find(Tiles, tile => tile.Tile == kernel.GetGenericArguments()[0]).Capability;

    private static MethodInfo? Resolve(Module module, int call)
    {
        try
        {
            return (MethodInfo?)module.ResolveMethod(call);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
