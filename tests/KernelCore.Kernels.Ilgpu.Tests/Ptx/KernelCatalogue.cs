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
        (Type Factor, Type Sink)[] products =
        [
            (Factor<MatrixOperand, MatrixOperand>(), typeof(Destination)), (Factor<MatrixOperand, PatchOperand>(), typeof(Destination)),
            (Factor<TransposedKernelOperand, BackpropOperand>(), typeof(Destination)), (Factor<ScaledOperand<MatrixOperand>, MatrixOperand>(), typeof(Destination)),
            (Factor<ScaledOperand<SampleDepthOperand>, PatchOperand>(), typeof(Destination)), (Factor<SquaredOperand, SquaredOperand>(), typeof(Destination)),
            (typeof(Hadamard<Factor<MatrixOperand, MatrixOperand>, Factor<MatrixOperand, MatrixOperand>>), typeof(Destination)),
            (Factor<MatrixOperand, MatrixOperand>(), typeof(SumSink<SquareTerm>)), (Factor<MatrixOperand, PatchOperand>(), typeof(SumSink<SquareTerm>)),
            (Factor<MatrixOperand, MatrixOperand>(), typeof(SumSink<WeightedTerm>)), (Factor<MatrixOperand, PatchOperand>(), typeof(SumSink<WeightedTerm>)),
            (typeof(Hadamard<Factor<MatrixOperand, MatrixOperand>, Factor<MatrixOperand, MatrixOperand>>), typeof(SumSink<PlainTerm>)),
            (typeof(Hadamard<Factor<PatchOperand, PatchOperand>, Factor<MatrixOperand, MatrixOperand>>), typeof(SumSink<PlainTerm>)),
        ];
        return products.Select(product => typeof(Product<,,>).MakeGenericType(typeof(LargeTile), product.Factor, product.Sink));
    }

    private static Type Factor<TLeft, TRight>()
        where TLeft : struct, IOperand
        where TRight : struct, IOperand => typeof(Factor<TLeft, TRight>);

    /// <summary>The method that ILGPU compiles for a kernel.</summary>
    public static MethodInfo Entry(Type kernel) =>
        typeof(IlgpuDevice).GetMethod(nameof(IlgpuDevice.Entry), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(kernel);
}
