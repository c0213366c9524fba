using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace KernelCore.Cli.Commands;

/// <summary>Options whose values are a few fixed words or a bounded number, and which say so when given something else.</summary>
internal static class Choice
{
    /// <summary>An option that takes one of a few words; the first is the default and stands for default(T).</summary>
    public static Option<T> Option<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct, Enum
    {
        string words = string.Join('|', choices.Select(c => c.Word));
        var option = new Option<T>(name)
        {
            Description = $"{description} [default: {choices[0].Word}]",
            HelpName = words,
            CustomParser = result =>
            {
                // Without a value there is no token; the parser reports that itself.
                string given = result.Tokens.Count > 0 ? result.Tokens[0].Value : choices[0].Word;
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

    /// <summary>An option that takes one of several words; the first one is the default.</summary>
    public static Option<string> Word(string name, string description, IReadOnlyCollection<string> words)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            DefaultValueFactory = _ => words.First(),
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !words.Contains(result.Tokens[0].Value))
            {
                result.AddError($"{name} takes {string.Join(", ", words)}, got '{result.Tokens[0].Value}'.");
            }
        });
        option.CompletionSources.Add([.. words]);
        return option;
    }

    /// <summary>An option that takes a number within bounds; NaN is out of all bounds.</summary>
    /// <param name="defaultValue">Null for none: then an option that is not given has the value 0.</param>
    public static Option<T> Number<T>(string name, string helpName, string description, T? defaultValue, T smallest, T largest, string range)
        where T : struct, INumber<T>
    {
        var option = new Option<T>(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                string given = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
                if (!T.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) || !(value >= smallest && value <= largest))
                {
                    result.AddError($"{name} takes {range}, got '{given}'.");
                }

                return value;
            },
        };
        if (defaultValue is { } value)
        {
            option.DefaultValueFactory = _ => value;
        }

        return option;
    }

    /// <summary>An option that takes a whole number of at least 1.</summary>
    public static Option<int> Count(string name, string description, int defaultValue) =>
        Number<int>(name, "N", description, defaultValue, 1, int.MaxValue, "a whole number of at least 1");

    /// <summary>How many models to train at a time; 0 when not given.</summary>
    public static Option<int> Workers() => Number<int>(
        "--workers", "N", "Models to train at a time, one thread each; results do not depend on it. [default: one per processor]", null, 1, 1024,
        "a whole number from 1 to 1024");

    /// <summary>An option that takes a seed.</summary>
    public static Option<ulong> Seed(string name, string description, ulong defaultValue) =>
        Number<ulong>(name, "S", description, defaultValue, 0, ulong.MaxValue, "a whole number of at least 0");
}
