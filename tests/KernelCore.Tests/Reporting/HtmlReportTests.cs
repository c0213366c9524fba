using System.Globalization;
using System.Text;
using System.Xml.Linq;
using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Reporting;
using KernelCore.Scoring;

namespace KernelCore.Tests.Reporting;

public sealed class HtmlReportTests
{
    private static readonly string[] Voids = ["img", "link", "meta"];

    [Fact]
    public void ShowsEverySectionOfARun()
    {
        XElement page = Parse(HtmlReport.Render(SyntheticRun.Digits()));
        Assert.Equal(
            ["summary", "epochs", "distribution", "suspects", "detection", "glossary"], page.Descendants("section").Select(Id));
        Assert.Equal(4 + 2 + 1, page.Descendants("figure").Count());
        Assert.Equal(48, page.Descendants("img").Count());
        Assert.All(page.Descendants("svg"), svg => Assert.True(
            svg.Attribute("aria-hidden") is not null || svg.Attribute("aria-label")?.Value.Length > 0));
    }

    [Fact]
    public void NumbersAreThoseOfTheInput()
    {
        ReportData data = SyntheticRun.Digits();
        XElement page = Parse(HtmlReport.Render(data));

        string[][] epochs = Rows(Section(page, "epochs"));
        Assert.Equal(data.Epochs.Count, epochs.Length);
        Assert.Equal(Text($"{data.Epochs[8].Loss:G4}"), epochs[8][1]);
        Assert.Equal(Text($"{100 * data.Epochs[8].TestAccuracy:F1}\u00A0%"), epochs[8][4]);
        Assert.Equal(Text($"{data.Epochs[8].Gwa!.Value:G4}"), epochs[8][8]);
        Assert.Equal("near pole", epochs[1][9]);

        string[][] stoppers = Rows(Section(page, "summary"));
        Assert.Equal(["GWA", "LabelWave", "Last epoch", "Best epoch"], stoppers.Select(row => row[0]));
        Assert.Equal(["9", epochs[8][4]], stoppers[0][2..4]);
        Assert.Equal(["12", epochs[11][4]], stoppers[1][2..4]);
        Assert.Equal(["30", epochs[29][4]], stoppers[2][2..4]);

        string[][] detectors = Rows(Section(page, "detection"));
        Assert.Equal(data.Scores.Columns.Count, detectors.Length);
        foreach (string[] row in detectors)
        {
            ScoreColumn score = data.Scores.Find(row[0])!;
            Assert.Equal(Text($"{DetectionMetrics.Auroc(score.Values, data.Noisy, score.Definition.Direction):F3}"), row[1]);
            Assert.Equal(Text($"{DetectionMetrics.AveragePrecision(score.Values, data.Noisy, score.Definition.Direction):F3}"), row[2]);
        }
    }

    [Fact]
    public void RanksByAumUnlessToldOtherwise()
    {
        ReportData data = SyntheticRun.Digits();
        double[] aum = data.Scores.Find("aum")!.Values, loss = data.Scores.Find("loss")!.Values;
        int[] lowest = [.. Enumerable.Range(0, aum.Length).OrderBy(i => aum[i]).Take(48)];
        int[] highest = [.. Enumerable.Range(0, loss.Length).OrderByDescending(i => loss[i]).Take(48)];
        XElement byAum = Section(Parse(HtmlReport.Render(data)), "suspects");
        Assert.Equal(lowest, Suspects(byAum));
        Assert.Equal(highest, Suspects(Section(Parse(HtmlReport.Render(data with { RankBy = "loss" })), "suspects")));
        Assert.Equal(lowest.Count(i => data.Noisy![i]), byAum.Descendants("span").Count(s => s.Value == "wrong label"));
    }

    [Fact]
    public void ShowsProponentsOpponentsAndMemorisedSamples()
    {
        ReportData data = SyntheticRun.Digits();
        Dataset test = new DatasetCatalog().Load("digits").Test;
        double[] memorization = [.. Enumerable.Range(0, data.Dataset.Count).Select(i => i < 30 ? 0.9 - (0.001 * i) : i == 30 ? double.NaN : 0)];
        InfluenceMargin[] margins = [.. Enumerable.Range(0, data.Dataset.Count).Select(i => new InfluenceMargin(i, 2, i == 7 ? 9 : 0, i == 7 ? 1.5f : 0.1f))];
        XElement page = Parse(HtmlReport.Render(data with
        {
            Influence = new InfluenceExhibit(
                "ekfac", test, 3, [[new(5, 2.5f), new(11, 1)], [new(0, 0.25f)]], [[new(12, -1.5f)], []]),
            Memorization = new MemorizationTable(data.Dataset.Labels, memorization, memorization, margins),
        }));

        XElement influence = Section(page, "influence");
        Assert.Equal(["#3", "#5", "#11", "#12", "#4", "#0"], Thumbs(influence));
        Assert.Equal(6, influence.Descendants("img").Count());
        Assert.Equal(["2.5", "1", "-1.5", "0.25"], influence.Descendants("li").SelectMany(li => li.Elements("p").Skip(2)).Select(p => p.Value));
        Assert.Equal(test.ClassNames[test.Labels[3]], influence.Descendants("li").First().Elements("p").ElementAt(1).Value);

        XElement memorised = Section(page, "memorization");
        Assert.Contains("30 of 1,438", memorised.Element("p")!.Value, StringComparison.Ordinal);
        Assert.Equal([.. Enumerable.Range(0, 24).Select(i => $"#{i}"), "#7", "#9"], Thumbs(memorised));

        static IEnumerable<string> Thumbs(XElement section) => section.Descendants("li").Select(li => li.Elements("p").First().Value);
    }

    [Fact]
    public void RefusesInfluencesOfAnotherRun()
    {
        ReportData data = SyntheticRun.OneSample();
        Dataset test = data.Dataset;
        Assert.Throws<ArgumentException>(() => HtmlReport.Render(data with { Influence = new InfluenceExhibit("x", test, 0, [[new(1, 1)]], [[]]) }));
        Assert.Throws<ArgumentException>(() => HtmlReport.Render(data with { Influence = new InfluenceExhibit("x", test, 1, [[]], [[]]) }));
        Assert.Throws<ArgumentException>(() => HtmlReport.Render(data with { Memorization = new MemorizationTable([0, 0], [0, 0], [0, 0], new InfluenceMargin[2]) }));
    }

    [Fact]
    public void EscapesEveryText()
    {
        const string hostile = "<script>alert(1)</script> & \"quotes\" 'single' \u0001 \uD800 ]]>";
        const string shown = "<script>alert(1)</script> & \"quotes\" 'single' \uFFFD \uFFFD ]]>";
        var definition = new ScoreDefinition("x", hostile, hostile, hostile, ScoreDirection.HigherIsSuspicious);
        string html = HtmlReport.Render(SyntheticRun.OneSample() with
        {
            Title = hostile,
            Run = [new(hostile, hostile)],
            Dataset = new Dataset(hostile, [2], [0, 1], [0], [hostile]),
            Scores = new ScoreTable([0], [0], [new ScoreColumn(hostile, definition, [1])]),
        });
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        XElement page = Parse(html);
        Assert.Equal(shown, page.Descendants("h1").Single().Value);
        Assert.Contains(Section(page, "suspects").Descendants("dd"), dd => dd.Value == shown);
        Assert.Contains(Section(page, "glossary").Descendants("code"), code => code.Value == shown);
    }

    [Fact]
    public void LoadsNothing()
    {
        string html = HtmlReport.Render(SyntheticRun.Digits());
        Assert.DoesNotContain("://", html);
        Assert.DoesNotContain("url(", html);
        Assert.DoesNotContain("@import", html);
        XElement page = Parse(html);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "iframe" or "object");
        Assert.All(page.Descendants().Attributes("src"), src => Assert.StartsWith("data:image/png;base64,", src.Value));
        HashSet<string> ids = [.. page.Descendants().Attributes("id").Select(id => "#" + id.Value)];
        Assert.All(page.Descendants().Attributes("href"), href => Assert.Contains(href.Value, ids));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.MaxValue)]
    public void OneSampleAndOneEpochAreEnough(double score)
    {
        XElement page = Parse(HtmlReport.Render(SyntheticRun.OneSample(score)));
        Assert.Equal(["summary", "epochs", "distribution", "suspects", "glossary"], page.Descendants("section").Select(Id));
        Assert.Contains("the model has no linear head", Section(page, "epochs").Value);
    }

    [Fact]
    public void EmptyPartsLeaveTheirSectionsOut()
    {
        ReportData data = SyntheticRun.OneSample() with { Epochs = [], Scores = new ScoreTable([0], [0], []) };
        XElement page = Parse(HtmlReport.Render(data));
        Assert.Equal(["summary"], page.Descendants("section").Select(Id));
    }

    [Theory]
    [InlineData(double.NaN, GwaStatus.Undefined)]
    [InlineData(double.PositiveInfinity, GwaStatus.NearPole)]
    [InlineData(-1e9, GwaStatus.NearPole)]
    public void GwaWithoutATrustworthyValueIsMarked(double value, GwaStatus status)
    {
        ReportData data = SyntheticRun.OneSample() with
        {
            Epochs = [SyntheticRun.Epoch(1, 0.1, GwaStatus.Ok), SyntheticRun.Epoch(2, value, status), SyntheticRun.Epoch(3, 0.2, GwaStatus.Ok)],
        };
        XElement figure = Section(Parse(HtmlReport.Render(data)), "epochs").Descendants("figure").First();
        Assert.Single(figure.Element("svg")!.Elements("path"), p => p.Attribute("class")!.Value == "hollow c3");
        Assert.DoesNotContain("NaN", string.Concat(figure.Descendants().Attributes("d").Select(d => d.Value)));
        Assert.DoesNotContain(figure.Descendants("text"), text => text.Value.Contains("E+", StringComparison.Ordinal));
    }

    [Fact]
    public void ConstantScoresAreChance()
    {
        XElement page = Parse(HtmlReport.Render(FourSamples(SyntheticRun.Column(ScoreCatalogue.El2n, 2, 2, 2, 2)) with
        {
            Noisy = [true, false, false, false],
        }));
        Assert.Equal([["el2n", "0.500", "0.250"]], Rows(Section(page, "detection")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LabelsOfOneKindLeaveNothingToDetect(bool noisy)
    {
        ReportData data = FourSamples(SyntheticRun.Column(ScoreCatalogue.Loss, 1, 2, 3, 4)) with { Noisy = [noisy, noisy, noisy, noisy] };
        Assert.DoesNotContain("detection", Parse(HtmlReport.Render(data)).Descendants("section").Select(Id));
    }

    [Fact]
    public void NaNScoresRankFirst()
    {
        ReportData data = FourSamples(SyntheticRun.Column(ScoreCatalogue.Aum, 1, double.NaN, -1, double.PositiveInfinity));
        Assert.Equal([1, 2, 0, 3], Suspects(Section(Parse(HtmlReport.Render(data)), "suspects")));
    }

    [Fact]
    public void FeaturesThatAreNoPictureAreNamedByTheirDeviation()
    {
        XElement first = Section(Parse(HtmlReport.Render(FourSamples(SyntheticRun.Column(ScoreCatalogue.Loss, 4, 3, 2, 1)))), "suspects")
            .Descendants("svg").First();

        // Feature 1 of the samples is 3, 0, 0, 0: mean 3/4, population variance 27/16, so sample 0 deviates by sqrt(3).
        Assert.Equal(["feature 1", "+1.7\u03C3"], first.Elements("text").Take(2).Select(t => t.Value));
    }

    [Theory]
    [InlineData(1, 8, 8, 48)]
    [InlineData(3, 300, 17, 12)]
    public void ThousandsOfSamplesStayBelowTwoMegabytes(int channels, int height, int width, int distinct)
    {
        const int count = 5000;
        int size = channels * height * width;
        float[] features = new float[distinct * size];
        for (int i = 0; i < features.Length; i++)
        {
            features[i] = Philox.Uniform(5, 0, (ulong)i);
        }

        var few = new Dataset("noise", [channels, height, width], [.. features], [.. new int[distinct]], ["a", "b"]);
        Dataset dataset = channels == 1 ? few.Subset([.. Enumerable.Range(0, count).Select(i => i % distinct)]) : few;
        ScoreColumn[] columns = [.. ScoreCatalogue.All.Select((definition, k) => SyntheticRun.Column(
            definition, [.. Enumerable.Range(0, dataset.Count).Select(i => (double)Philox.Normal(6, (ulong)k, (ulong)i))]))];
        string html = HtmlReport.Render(SyntheticRun.OneSample() with
        {
            Dataset = dataset,
            Scores = new ScoreTable(dataset.Labels, dataset.Labels, columns),
            Noisy = [.. Enumerable.Range(0, dataset.Count).Select(i => i % 3 == 0)],
        });
        Assert.Equal(Math.Min(48, dataset.Count), Parse(html).Descendants("img").Count());
        Assert.InRange(Encoding.UTF8.GetByteCount(html), 0, 2_000_000);
    }

    [Fact]
    public void PartsThatDoNotBelongTogetherAreRefused()
    {
        ReportData data = FourSamples(SyntheticRun.Column(ScoreCatalogue.Loss, 1, 2, 3, 4));
        AssertRefused("the noise mask has 3 samples, the score table has 4", data with { Noisy = new bool[3] });
        AssertRefused("the true labels has 1 samples", data with { TrueLabels = [0] });
        AssertRefused("the data set has 4 samples, the score table has 1", data with { Scores = SyntheticRun.OneSample().Scores });
        AssertRefused("score loss has 1 samples", data with { Scores = data.Scores with { Columns = [SyntheticRun.Column(ScoreCatalogue.Loss, 1)] } });
        AssertRefused("there is no score 'aum' to rank by, only loss", data with { RankBy = "aum" });
    }

    [Fact]
    public void WritesTheSameTextInEveryCulture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        string expected = HtmlReport.Render(SyntheticRun.Digits());
        string path = Path.GetTempFileName();
        try
        {
            var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            comma.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = comma;
            HtmlReport.Write(SyntheticRun.Digits(), path);
            Assert.Equal(expected, File.ReadAllText(path));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
            File.Delete(path);
        }
    }

    private static void AssertRefused(string message, ReportData data) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => HtmlReport.Render(data)).Message);

    private static ReportData FourSamples(ScoreColumn score) => SyntheticRun.OneSample() with
    {
        Dataset = new Dataset("four", [2], [1, 3, 1, 0, 1, 0, 1, 0], [0, 0, 1, 1], ["a", "b"]),
        Scores = new ScoreTable([0, 0, 1, 1], [0, 1, 1, 0], [score]),
    };

    /// <summary>The page as XML, which proves that it nests, after a check of what HTML wants beyond XML.</summary>
    private static XElement Parse(string html)
    {
        Assert.StartsWith("<!DOCTYPE html>\n", html);
        XElement page = XElement.Parse(html["<!DOCTYPE html>\n".Length..]);
        Assert.All(page.DescendantsAndSelf(), e => Assert.Equal(Voids.Contains(e.Name.LocalName), e.IsEmpty));
        return page;
    }

    private static string Id(XElement section) => section.Attribute("id")!.Value;

    private static XElement Section(XElement page, string id) => page.Descendants("section").Single(s => Id(s) == id);

    private static string[][] Rows(XElement section) =>
        [.. section.Descendants("tbody").Elements("tr").Select(row => row.Elements().Select(cell => cell.Value).ToArray())];

    private static int[] Suspects(XElement section) => [.. section.Descendants("p").Where(p => p.Attribute("class")?.Value == "index")
        .Select(p => int.Parse(p.Nodes().OfType<XText>().First().Value[1..], CultureInfo.InvariantCulture))];

    private static string Text(FormattableString number) => FormattableString.Invariant(number);
}
