using System.Xml.Linq;
using KernelCore.Files;
using KernelCore.Kernels;
using KernelCore.Reporting.Sections;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting;

/// <summary>Writes the report of a training run as one HTML file that needs nothing else: no script, no network, no other file.</summary>
/// <remarks>
/// Charts are inline SVG with a table of their numbers behind them, pictures are inline PNG. The page follows the
/// reader's light or dark theme and prints. The text is HTML5 and well-formed XML, the same in every culture; a content
/// security policy forbids the page to load anything. Thread safe; deterministic.
/// </remarks>
public static class HtmlReport
{
    /// <summary>Writes the report; the file appears complete or not at all.</summary>
    /// <param name="data">What to show.</param>
    /// <param name="path">Target; replaced if it exists. Its directory must exist.</param>
    /// <exception cref="ArgumentException">Parts of the data do not belong together; the message says which.</exception>
    /// <exception cref="KernelCoreException">The target cannot be written; the message names it and says why.</exception>
    public static void Write(ReportData data, string path) => AtomicFile.WriteText(path, Render(data));

    /// <summary>The report as text.</summary>
    /// <param name="data">What to show.</param>
    /// <exception cref="ArgumentException">Parts of the data do not belong together; the message says which.</exception>
    public static string Render(ReportData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        data.Validate();
        var facts = new ReportFacts(data);
        XElement?[] possible =
        [
            SummarySection.Render(data, facts),
            EpochSection.Render(data),
            DistributionSection.Render(data, facts),
            SuspectSection.Render(data, facts),
            DetectionSection.Render(facts),
            InfluenceSection.Render(data),
            MemorizationSection.Render(data),
            GlossarySection.Render(data),
        ];
        XElement[] sections = [.. possible.OfType<XElement>()];
        return ToDocument(Tag(
            "html", Attribute("lang", "en"),
            Tag(
                "head",
                Tag("meta", Attribute("charset", "utf-8")),
                Tag("meta", Attribute("name", "viewport"), Attribute("content", "width=device-width, initial-scale=1")),
                Tag("meta", Attribute("name", "color-scheme"), Attribute("content", "light dark")),
                Tag(
                    "meta", Attribute("http-equiv", "Content-Security-Policy"),
                    Attribute("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")),
                Tag("title", data.Title),
                Tag("style", ReportStyle.Css)),
            Tag(
                "body",
                Tag("header", Tag("h1", data.Title), Tag("p", data.Dataset.ToString()), Navigation(sections)),
                Tag("main", sections),
                Tag("footer", "Made by KernelCore. This file is self-contained and loads nothing."))));
    }

    private static XElement Navigation(XElement[] sections) => Tag(
        "nav", Attribute("aria-label", "Sections"), sections.Select(section => Tag(
            "a", Attribute("href", "#" + section.Attribute("id")!.Value), section.Element("h2")!.Value)));
}
