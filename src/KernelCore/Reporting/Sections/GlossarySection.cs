using System.Xml.Linq;
using KernelCore.Scoring;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting.Sections;

/// <summary>What the scores of this report mean and where they come from.</summary>
internal static class GlossarySection
{
    public static XElement? Render(ReportData data)
    {
        ScoreDefinition[] scores = [.. data.Scores.Columns.Select(c => c.Definition).Distinct()];
        if (scores.Length == 0)
        {
            return null;
        }

        return Tag(
            "section", Attribute("id", "glossary"), Tag("h2", "Glossary"),
            Tag(
                "p", Class("note"),
                "s: logits; p: softmax of s; y: the given label; z: input of the last layer; W: its weight; t: an epoch."),
            Tag(
                "dl", Class("glossary"), scores.Select(score => Tag(
                    "div",
                    Tag("dt", score.Name),
                    Tag(
                        "dd", Tag("p", score.Meaning), Tag("code", score.Formula),
                        Tag("p", Class("note"), $"{SuspiciousEnd(score)} Source: {score.Source}."))))));
    }

    private static string SuspiciousEnd(ScoreDefinition score) =>
        score.Direction == ScoreDirection.HigherIsSuspicious ? "High values are suspicious." : "Low values are suspicious.";
}
