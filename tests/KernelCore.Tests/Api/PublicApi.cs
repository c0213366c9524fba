using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace KernelCore.Tests.Api;

/// <summary>Renders what an assembly shows to its callers as text, in an order that never varies.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>One line for each visible type, members indented below it.</summary>
    public static string Render(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Header(type)).Append('\n');
            foreach (string member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd() + "\n";
    }

    private static string Header(Type type)
    {
        string name = $"{type.Namespace}.{TypeNames.Of(type)}";
        if (type.IsEnum)
        {
            return $"enum {name} : {TypeNames.Of(type.GetEnumUnderlyingType())}";
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return $"delegate {name}";
        }

        bool isRecord = type.GetMethod("PrintMembers", Declared) is not null;
        string kind = type switch
        {
            { IsInterface: true } => "interface",
            { IsValueType: true } => (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "")
                + (type.IsByRefLike ? "ref " : "") + (isRecord ? "record struct" : "struct"),
            _ => (type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "")
                + (isRecord ? "record" : "class"),
        };
        IEnumerable<Type> bases = type.GetInterfaces().Where(contract => contract.IsVisible);
        if (type.BaseType is { } parent)
        {
            bases = bases.Except(parent.GetInterfaces());
            if (parent != typeof(object) && parent != typeof(ValueType))
            {
                bases = bases.Prepend(parent);
            }
        }

        string inherited = string.Join(", ", bases.Select(TypeNames.Of).Order(StringComparer.Ordinal));
        return $"{kind} {name}{(inherited.Length > 0 ? " : " + inherited : "")}{Constraints(type.GetGenericArguments())}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => $"{field.Name} = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}");
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return [Method(type.GetMethod("Invoke")!)];
        }

        // A record's own members follow from its header and its properties.
        return type.GetMembers(Declared)
            .Where(member => !member.IsDefined(typeof(CompilerGeneratedAttribute)))
            .Select(member => member switch
            {
                ConstructorInfo constructor when IsVisible(constructor) => $"{Access(constructor)}.ctor({Parameters(constructor)})",
                PropertyInfo property => Property(property),
                EventInfo { AddMethod: { } add } item when IsVisible(add) =>
                    $"{Access(add)}{Modifiers(add)}event {TypeNames.Of(item.EventHandlerType!)} {item.Name}",
                FieldInfo field when field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly => Field(field),
                MethodInfo method when IsVisible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) =>
                    $"{Access(method)}{Modifiers(method)}{Method(method)}",
                _ => null,
            })
            .OfType<string>();
    }

    private static string Method(MethodInfo method) =>
        $"{TypeNames.Of(method.ReturnParameter)} {method.Name}{TypeNames.Arguments(method.GetGenericArguments())}"
        + $"({Parameters(method)}){Constraints(method.GetGenericArguments())}";

    private static string? Property(PropertyInfo property)
    {
        MethodInfo[] accessors = [.. property.GetAccessors(nonPublic: true).Where(IsVisible)];
        if (accessors.Length == 0)
        {
            return null;
        }

        string access = accessors.Any(accessor => accessor.IsPublic) ? "" : "protected ";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        string index = string.Join(", ", property.GetIndexParameters().Select(Parameter));
        string name = index.Length > 0 ? $"this[{index}]" : property.Name;
        return $"{access}{Modifiers(accessors[0])}{required}{TypeNames.Of(property)} {name} {{ {string.Join(" ", accessors.Select(Accessor))} }}";

        string Accessor(MethodInfo accessor)
        {
            bool isInit = accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
            string own = access.Length == 0 ? Access(accessor) : "";
            return own + (accessor == property.GetMethod ? "get;" : isInit ? "init;" : "set;");
        }
    }

    private static string Field(FieldInfo field)
    {
        string kind = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
        string value = field.IsLiteral ? " = " + Literal(field.GetRawConstantValue()) : "";
        return $"{(field.IsPublic ? "" : "protected ")}{kind}{TypeNames.Of(field)} {field.Name}{value}";
    }

    private static string Parameters(MethodBase method)
    {
        string self = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return self + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        bool isParams = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute));
        string value = parameter.HasDefaultValue ? " = " + Literal(parameter.RawDefaultValue) : "";
        return $"{(isParams ? "params " : "")}{TypeNames.Of(parameter)} {parameter.Name}{value}";
    }

    private static string Constraints(Type[] arguments) => string.Concat(arguments
        .Where(argument => argument.IsGenericParameter)
        .Select(argument => (argument.Name, Rules: Rules(argument)))
        .Where(argument => argument.Rules.Length > 0)
        .Select(argument => $" where {argument.Name} : {argument.Rules}"));

    private static string Rules(Type argument)
    {
        GenericParameterAttributes flags = argument.GenericParameterAttributes;
        bool isUnmanaged = argument.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "IsUnmanagedAttribute");
        bool isStruct = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        string[] rules =
        [
            flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? "class" : "",
            isUnmanaged ? "unmanaged" : isStruct ? "struct" : "",
            .. argument.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(TypeNames.Of),
            flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct ? "new()" : "",
            flags.HasFlag(GenericParameterAttributes.AllowByRefLike) ? "allows ref struct" : "",
        ];
        return string.Join(", ", rules.Where(rule => rule.Length > 0));
    }

    private static string Literal(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool truth => truth ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo method) => method switch
    {
        { IsStatic: true } => method.IsAbstract ? "static abstract " : "static ",
        { DeclaringType.IsInterface: true } => method.IsAbstract ? "" : "virtual ",
        { IsAbstract: true } => "abstract ",
        { IsVirtual: true } when method.GetBaseDefinition() != method => method.IsFinal ? "sealed override " : "override ",
        { IsVirtual: true, IsFinal: false } => "virtual ",
        _ => "",
    };
}
