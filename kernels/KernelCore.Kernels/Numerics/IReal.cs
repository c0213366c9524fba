namespace KernelCore.Kernels;

/// <summary>
/// A float32 number, or several side by side: what a formula needs to serve the lanes of every SIMD width and the
/// threads of a GPU alike.
/// </summary>
internal interface IReal<TSelf>
    where TSelf : struct, IReal<TSelf>
{
    static abstract TSelf Broadcast(float value);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a b + c, fused where the processor can.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>a &lt; b ? a : b, hence b when either is NaN.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>a &gt; b ? a : b, hence b when either is NaN.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    static abstract TSelf Abs(TSelf a);

    static abstract TSelf Sqrt(TSelf a);

    /// <summary>To the nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>2^n for integral n in [-126, 127]; any number for other arguments.</summary>
    static abstract TSelf PowerOfTwo(TSelf n);

    /// <summary>a 2^n for integral n in [-252, 254], subnormal results rounded.</summary>
    static abstract TSelf Scale(TSelf a, TSelf n);

    /// <summary>floor(log2 a) for positive normal a; any whole number for other arguments.</summary>
    static abstract TSelf Exponent(TSelf a);

    /// <summary>Lane by lane a &lt; b ? yes : no.</summary>
    static abstract TSelf WhereLess(TSelf a, TSelf b, TSelf yes, TSelf no);

    /// <summary>Lane by lane a &lt;= b ? yes : no.</summary>
    static abstract TSelf WhereLessOrEqual(TSelf a, TSelf b, TSelf yes, TSelf no);
}
