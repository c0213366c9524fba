using System.Diagnostics;
using KernelCore.Reporting;
using Xunit.Abstractions;

namespace KernelCore.Tests.Reporting;

public sealed class HeadlessBrowserTests(ITestOutputHelper output)
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    [SkippableFact]
    public void ReportOpensWithoutConsoleErrors()
    {
        string? browser = FindBrowser();
        if (browser is null)
        {
            output.WriteLine($"skipped: none of {string.Join(", ", Names)} is on the PATH");
        }

        Skip.If(browser is null, $"none of {string.Join(", ", Names)} is on the PATH");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("kernelcore-report");
        try
        {
            string page = Path.Combine(directory.FullName, "report.html");
            ReportData data = SyntheticRun.Digits();
            HtmlReport.Write(data, page);
            var (dom, log) = Open(browser!, page, Path.Combine(directory.FullName, "profile"));
            Assert.Contains($"<h1>{data.Title}</h1>", dom);
            Assert.Contains("id=\"glossary\"", dom);
            Assert.DoesNotContain("CONSOLE", log);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string? FindBrowser() =>
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
         from name in Names
         let path = Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault();

    private static (string Dom, string Log) Open(string browser, string page, string profile)
    {
        var start = new ProcessStartInfo(browser) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--v=0", $"--user-data-dir={profile}", "--dump-dom",
            new Uri(page).AbsoluteUri,
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> dom = process.StandardOutput.ReadToEndAsync(), log = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the browser did not finish within two minutes");
        }

        return (dom.GetAwaiter().GetResult(), log.GetAwaiter().GetResult());
    }
}
