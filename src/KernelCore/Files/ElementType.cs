namespace KernelCore.Files;

/// <summary>Element types of safetensors files that KernelCore reads, under the names the format gives them.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper half of a binary32: 8 exponent bits, 7 fraction bits.</summary>
    BF16,

    /// <summary>64-bit signed integer.</summary>
    I64,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>8-bit unsigned integer.</summary>
    U8,
}

/// <summary>Facts about element types.</summary>
internal static class ElementTypes
{
    /// <summary>The readable types, for messages.</summary>
    public const string Readable = "F32, F64, F16, BF16, I64, I32, U8";

    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.F64 or ElementType.I64 => 8,
        ElementType.F32 or ElementType.I32 => 4,
        ElementType.F16 or ElementType.BF16 => 2,
        _ => 1,
    };

    /// <summary>Whether elements are integers.</summary>
    public static bool IsInteger(this ElementType type) => type is ElementType.I64 or ElementType.I32 or ElementType.U8;

    /// <summary>The type of a name as the format spells it (case matters), or null.</summary>
    public static ElementType? Parse(string? name) => name switch
    {
        "F32" => ElementType.F32,
        "F64" => ElementType.F64,
        "F16" => ElementType.F16,
        "BF16" => ElementType.BF16,
        "I64" => ElementType.I64,
        "I32" => ElementType.I32,
        "U8" => ElementType.U8,
        _ => null,
    };
}
