using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace KernelCore.Reporting;

/// <summary>Builds HTML as a tree, so that nesting and escaping are right by construction.</summary>
/// <remarks>The text is at once HTML5 and well-formed XML.</remarks>
internal static class Markup
{
    private static readonly HashSet<string> VoidElements = ["br", "col", "hr", "img", "link", "meta"];

    /// <summary>An element with attributes, children and text, in that order.</summary>
    public static XElement Tag(string name, params object?[] content) => new(name, content);

    /// <summary>The class attribute.</summary>
    public static XAttribute Class(string names) => new("class", names);

    /// <summary>Any other attribute.</summary>
    public static XAttribute Attribute(string name, object value) => new(name, value);

    /// <summary>A table with a caption; cells are text or elements.</summary>
    /// <param name="caption">What the table says.</param>
    /// <param name="headers">Column headings. The first column names the row, the others hold numbers.</param>
    /// <param name="rows">Cells, as many per row as there are headings.</param>
    public static XElement Table(string caption, IEnumerable<string> headers, IEnumerable<object[]> rows) => Tag(
        "div", Class("scroll"), Tag(
            "table",
            Tag("caption", caption),
            Tag("thead", Tag("tr", headers.Select(header => Tag("th", Attribute("scope", "col"), header)))),
            Tag("tbody", rows.Select(cells => Tag(
                "tr", Tag("th", Attribute("scope", "row"), cells[0]), cells.Skip(1).Select(cell => Tag("td", cell)))))));

    /// <summary>The tree as a document: with doctype, and with explicit end tags wherever HTML wants them.</summary>
    /// <remarks>Control characters and lone surrogates, which neither HTML nor XML can hold, become U+FFFD.</remarks>
    public static string ToDocument(XElement root)
    {
        foreach (XElement element in root.DescendantsAndSelf())
        {
            foreach (XAttribute attribute in element.Attributes())
            {
                attribute.Value = Clean(attribute.Value);
            }

            if (element.IsEmpty && !VoidElements.Contains(element.Name.LocalName))
            {
                element.Value = "";
            }
        }

        foreach (XText text in root.DescendantNodes().OfType<XText>())
        {
            text.Value = Clean(text.Value);
        }

        var document = new StringBuilder("<!DOCTYPE html>\n");
        var settings = new XmlWriterSettings { OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.None };
        using (XmlWriter writer = XmlWriter.Create(document, settings))
        {
            root.Save(writer);
        }

        return document.Append('\n').ToString();
    }

    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool allowed = rune.Value is '\n' or '\t' || !(Rune.IsControl(rune) || rune.Value is 0xFFFE or 0xFFFF);
            clean.Append(allowed ? rune : Rune.ReplacementChar);
        }

        return clean.ToString();
    }
}
