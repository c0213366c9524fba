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
            var column = new TableColumn(new Text(header)) { NoWrap = true };
            table.AddColumn(table.Columns.Count == 0 ? column : column.RightAligned());
        }

        return table;
    }

    public static void AddTextRow(this Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(cell))]);

    public static void WriteRow(this IAnsiConsole console, string line) => console.Write(new Text(line + "\n"));
}
