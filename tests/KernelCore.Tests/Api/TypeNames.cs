using System.Reflection;

namespace KernelCore.Tests.Api;

/// <summary>Types as C# writes them: keywords, generics, arrays, spans by reference, and what may be null.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    /// <summary>The type of a parameter or result, with <c>ref</c>, <c>in</c> or <c>out</c>.</summary>
    public static string Of(ParameterInfo parameter)
    {
        string passing = !parameter.ParameterType.IsByRef ? ""
            : parameter.IsOut ? "out "
            : parameter.Position < 0 ? "ref "
            : parameter.IsIn ? "in "
            : "ref ";
        return passing + Of(new NullabilityInfoContext().Create(parameter));
    }

    /// <summary>The type of a property.</summary>
    public static string Of(PropertyInfo property) =>
        (property.PropertyType.IsByRef ? "ref " : "") + Of(new NullabilityInfoContext().Create(property));

    /// <summary>The type of a field.</summary>
    public static string Of(FieldInfo field) => Of(new NullabilityInfoContext().Create(field));

    /// <summary>A type by itself.</summary>
    public static string Of(Type type) => Name(type, [.. type.GetGenericArguments().Select(Of)]);

    /// <summary>A list of type arguments in angle brackets, or nothing.</summary>
    public static string Arguments(IEnumerable<Type> arguments) => Bracket(arguments.Select(Of));

    private static string Of(NullabilityInfo info)
    {
        if (info.Type.IsByRef)
        {
            return Of(info.Type.GetElementType()!);
        }

        string name = info.ElementType is { } element
            ? Of(element) + "[" + new string(',', info.Type.GetArrayRank() - 1) + "]"
            : Name(info.Type, [.. info.GenericTypeArguments.Select(Of)]);
        bool mayBeNull = !info.Type.IsValueType && info.ReadState == NullabilityState.Nullable;
        return mayBeNull ? name + "?" : name;
    }

    private static string Name(Type type, string[] arguments)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Of(value) + "?";
        }

        if (type.IsArray)
        {
            return Of(type.GetElementType()!) + "[" + new string(',', type.GetArrayRank() - 1) + "]";
        }

        if (type.IsByRef || type.IsPointer)
        {
            return Of(type.GetElementType()!) + (type.IsPointer ? "*" : "");
        }

        if (type.IsGenericParameter || Keywords.ContainsKey(type))
        {
            return Keywords.GetValueOrDefault(type, type.Name);
        }

        string name = type.Name.Split('`')[0] + Bracket(arguments);
        return type.IsNested ? $"{Of(type.DeclaringType!)}.{name}" : name;
    }

    private static string Bracket(IEnumerable<string> arguments)
    {
        string list = string.Join(", ", arguments);
        return list.Length > 0 ? $"<{list}>" : "";
    }
}
