using System.CommandLine;

namespace KernelCore.Cli.Commands;

/// <summary>Options whose values are a few fixed words or a bounded number.</summary>
internal static class Choice
{
    /// <summary>An option that takes one of a few words; the first is the default and stands for default(T).</summary>
    public static Option<T> Option<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct
    {
        string words = string.Join('|', choices.Select(c => c.Word));
        var option = new Option<T>(name)
        {
            Description = $"{description} [default: {choices[0].Word}]",
            HelpName = words,
            CustomParser = result =>
            {
                string given = result.Tokens[0].Value;
                int found = Array.FindIndex(choices, c => c.Word == given);
                if (found < 0)
                {
                    result.AddError($"{name} takes {words.Replace("|", ", ", StringComparison.Ordinal)}, got '{given}'.");
                    return default;
                }

                return choices[found].Value;
            },
        };
        option.CompletionSources.Add([.. choices.Select(c => c.Word)]);
        return option;
    }

    /// <summary>Refuses values out of a range; NaN is out of every range.</summary>
    public static Option<T> Within<T>(this Option<T> option, T smallest, T largest, string range)
        where T : struct, IComparable<T>
    {
        option.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.Tokens.Count == 0)
            {
                return;
            }

            T value = result.GetValueOrDefault<T>();
            if (!(value.CompareTo(smallest) >= 0 && value.CompareTo(largest) <= 0))
            {
                result.AddError($"{option.Name} is {range}, got {value}.");
            }
        });
        return option;
    }
}
