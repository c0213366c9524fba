namespace KernelCore.Files;

/// <summary>Text from files and exceptions, made fit for a one-line message.</summary>
internal static class MessageText
{
    private const int MaxQuoted = 80;

    /// <summary>Text in single quotes: shortened, control characters replaced.</summary>
    public static string Quote(string text) =>
        $"'{OneLine(text.Length > MaxQuoted ? string.Concat(text.AsSpan(0, MaxQuoted), "...") : text)}'";

    /// <summary>UTF-8 text in single quotes: shortened, control characters replaced.</summary>
    public static string Quote(ReadOnlySpan<byte> utf8) =>
        Quote(System.Text.Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 4 * MaxQuoted)]));

    /// <summary>The text with control characters (line breaks among them) replaced by '?'.</summary>
    public static string OneLine(string text) => text.Any(char.IsControl)
        ? string.Create(text.Length, text, (line, source) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(source[i]) ? '?' : source[i];
            }
        })
        : text;
}
