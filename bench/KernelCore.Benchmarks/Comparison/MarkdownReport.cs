namespace KernelCore.Benchmarks;

/// <summary>Writes the same Markdown to the console and to a file.</summary>
internal sealed class MarkdownReport
{
    private readonly string _path;

    public MarkdownReport(string path)
    {
        _path = path;
        File.WriteAllText(path, "");
    }

    /// <summary>A heading with a list; nothing at all for an empty one.</summary>
    public void List(string heading, IReadOnlyCollection<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Line($"## {heading}\n");
        foreach (string line in lines)
        {
            Line($"- {line}");
        }

        Line("");
    }

    /// <summary>A heading with a table; the first column is text, the others are numbers.</summary>
    public void Table(string heading, IReadOnlyList<string> columns, IReadOnlyList<string[]> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        int[] widths = [.. columns.Select((c, i) => rows.Max(r => r[i].Length) is int widest ? Math.Max(widest, c.Length) : 0)];
        Line($"## {heading}\n");
        Line(Row([.. columns], widths));
        Line($"|{string.Join('|', widths.Select((w, i) => i == 0 ? new string('-', w + 2) : new string('-', w + 1) + ':'))}|");
        foreach (string[] row in rows)
        {
            Line(Row(row, widths));
        }

        Line("");
    }

    private static string Row(string[] cells, int[] widths) =>
        $"| {string.Join(" | ", cells.Select((c, i) => i == 0 ? c.PadRight(widths[i]) : c.PadLeft(widths[i])))} |";

    private void Line(string text)
    {
        Console.WriteLine(text);
        File.AppendAllText(_path, text + "\n");
    }
}
