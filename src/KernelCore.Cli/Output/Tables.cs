using Spectre.Console;

namespace KernelCore.Cli.Output;

/// <summary>Plain tables and lines: text is never taken for markup.</summary>
internal static class Tables
{
    /// <summary>A table with right-aligned columns but the first.</summary>
    public static Table Create(params ReadOnlySpan<string> headers)
    {
        var table = new Table { Border = TableBorder.Simple, UseSafeBorder = true };
        foreach (string header in headers)
        {
            var column = new TableColumn(new Text(header)) { NoWrap = table.Columns.Count + 1 < headers.Length };
            table.AddColumn(table.Columns.Count == 0 ? column : column.RightAligned());
        }

        return table;
    }

    /// <summary>Adds a row; missing cells stay empty.</summary>
    public static void AddTextRow(this Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(cell))]);

    /// <summary>Writes a line.</summary>
    public static void WriteRow(this IAnsiConsole console, string line) => console.Write(new Text(line + "\n"));

    /// <summary>Whether progress can be drawn.</summary>
    public static bool IsTerminal(this IAnsiConsole console) => console.Profile.Capabilities is { Interactive: true, Ansi: true };
}
