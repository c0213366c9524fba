using System.Reflection;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>All kernels of the backend as a GPU runs them: every body in its loop, every generic one with everything it takes.</summary>
internal static class KernelCatalogue
{
    private static readonly Type[] Kernels = typeof(IlgpuDevice).Assembly.GetTypes(), Shared = typeof(IKernels).Assembly.GetTypes();

    /// <summary>Kernel types, closed.</summary>
    public static IEnumerable<Type> All =>
    [
        .. Bodies(typeof(IElement)).Select(body => typeof(ElementLoop<>).MakeGenericType(body)),
        .. Bodies(typeof(IRow)).Select(body => typeof(RowLoop<,>).MakeGenericType(body, typeof(ShuffledWarp))),
        .. Products(),
    ];

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
            : Kernels.Concat(Shared).Where(argument => argument.IsValueType && constraint.IsAssignableFrom(argument)).Select(argument => type.MakeGenericType(argument));
    }

    private static IEnumerable<Type> Products()
    {
        (Type Left, Type Right)[] operands =
        [
            (typeof(MatrixOperand), typeof(MatrixOperand)), (typeof(MatrixOperand), typeof(PatchOperand)), (typeof(PatchOperand), typeof(PatchOperand)),
            (typeof(SampleDepthOperand), typeof(PatchOperand)), (typeof(TransposedKernelOperand), typeof(BackpropOperand)),
        ];
        return operands.Select(pair => typeof(Product<,,>).MakeGenericType(typeof(LargeTile), pair.Left, pair.Right));
    }

    /// <summary>The method that ILGPU compiles for a kernel.</summary>
    public static MethodInfo Entry(Type kernel) =>
        typeof(IlgpuDevice).GetMethod(nameof(IlgpuDevice.Entry), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(kernel);
}
