using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KernelCore.Kernels.Cpu;

/// <summary>The few vector operations of a matrix product, so that one kernel serves every width.</summary>
/// <typeparam name="TVector">The vector: one of the <c>Vector</c> types, or a plain float.</typeparam>
internal unsafe interface IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats per vector.</summary>
    static abstract int Lanes { get; }

    static abstract TVector Load(float* source);

    static abstract void Store(TVector value, float* destination);

    static abstract TVector Broadcast(float value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a * b + c, rounded once where <see cref="Simd.Fused"/>.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);
}

/// <summary>AVX-512.</summary>
internal readonly unsafe struct Operations512 : IVectorOperations<Vector512<float>>
{
    public static int Lanes => 16;

    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    public static void Store(Vector512<float> value, float* destination) => value.Store(destination);

    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.FusedMultiplyAdd(a, b, c);
}

/// <summary>AVX2 with fused multiply-add.</summary>
internal readonly unsafe struct Operations256 : IVectorOperations<Vector256<float>>
{
    public static int Lanes => 8;

    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    public static void Store(Vector256<float> value, float* destination) => value.Store(destination);

    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Simd.Fused ? Vector256.FusedMultiplyAdd(a, b, c) : (a * b) + c;
}

/// <summary>SSE (no fused multiply-add) and NEON.</summary>
internal readonly unsafe struct Operations128 : IVectorOperations<Vector128<float>>
{
    public static int Lanes => 4;

    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    public static void Store(Vector128<float> value, float* destination) => value.Store(destination);

    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Simd.Fused ? Vector128.FusedMultiplyAdd(a, b, c) : (a * b) + c;
}

/// <summary>No vectors at all.</summary>
internal readonly unsafe struct OperationsScalar : IVectorOperations<float>
{
    public static int Lanes => 1;

    public static float Load(float* source) => *source;

    public static void Store(float value, float* destination) => *destination = value;

    public static float Broadcast(float value) => value;

    public static float Add(float a, float b) => a + b;

    public static float Multiply(float a, float b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float a, float b, float c) => Simd.Fused ? MathF.FusedMultiplyAdd(a, b, c) : (a * b) + c;
}
