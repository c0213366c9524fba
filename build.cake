// The targets of the build. Run one with `./build.sh TARGET` or `./build.ps1 TARGET`; without a target they are listed.
using System.Diagnostics;
using System.Xml.Linq;

const string Solution = "KernelCore.sln";
const string Configuration = "Release";
const string Artifacts = "artifacts";
const string TestResults = Artifacts + "/test-results";

var target = Argument("target", "help");
var passedOn = Arguments<string>("argument", []).ToArray();
var tests = new TestTotals();

Task("clean").Description("Delete build outputs, packages and test results.").Does(() =>
{
    var outputs = GetDirectories("./{src,kernels,tests,bench}/*/{bin,obj}") + GetDirectories($"./{Artifacts}");
    foreach (var directory in outputs)
    {
        Console.WriteLine($"Deleting {Context.Environment.WorkingDirectory.GetRelativePath(directory)}");
        DeleteDirectory(directory, new DeleteDirectorySettings { Recursive = true, Force = true });
    }
});

Task("restore").Description("Restore the packages of every project.").Does(() =>
    DotNet(["restore", Solution, "--verbosity", "minimal"]));

Task("build").Description("Build every project in Release.").IsDependentOn("restore").Does(() =>
    DotNet(["build", Solution, "--no-restore", "--configuration", Configuration, "--verbosity", "minimal", "-consoleLoggerParameters:NoSummary"]));

Task("test").Description("Build, then run every test project; arguments after -- go to `dotnet test`.").IsDependentOn("build").Does(() =>
{
    CleanDirectory(TestResults);
    foreach (var project in GetFiles("./tests/*.Tests/*.csproj").OrderBy(project => project.FullPath))
    {
        string name = project.GetFilenameWithoutExtension().ToString();
        string assembly = $"tests/{name}/bin/{Configuration}/net10.0/{name}.dll";
        // A project that the build left out, and said so, has none.
        if (FileExists(assembly))
        {
            RunTests(name, assembly);
        }
    }
});

Task("demo").Description("Run the demo of the command-line tool; arguments after -- go to it.").Does(() =>
    RunProject("src/KernelCore.Cli", ["demo", .. passedOn]));

Task("bench").Description("Compare speed with PyTorch and OpenBLAS; after --: options, scaling, or bdn and arguments of BenchmarkDotNet.").Does(() =>
    RunProject("bench/KernelCore.Benchmarks", passedOn));

Task("format").Description("Check layout and code style; changes nothing.").IsDependentOn("restore").Does(() =>
    DotNet(["format", Solution, "--verify-no-changes", "--no-restore"]));

Task("pack").Description("Write the NuGet packages to artifacts/.").IsDependentOn("build").Does(() =>
    DotNet(["pack", Solution, "--no-build", "--configuration", Configuration, "--output", Artifacts, "--nologo"]));

if (target == "help")
{
    ListTargets();
}
else if (!Tasks.Any(task => task.Name == target))
{
    ListTargets();
    throw new CakeException(2, $"there is no target '{target}'");
}
else
{
    RunTarget(target);
    if (target == "test")
    {
        // After Cake's own report, so that the totals close the output.
        System.Environment.Exit(tests.Report());
    }
}

void ListTargets()
{
    Console.WriteLine("usage: ./build.sh TARGET [-- ARGUMENTS]");
    foreach (var task in Tasks)
    {
        Console.WriteLine($"  {task.Name,-8} {task.Description}");
    }
}

// Cake's own process runner joins arguments to one string; a list keeps quotes and spaces as they were typed.
Process StartDotNet(string[] arguments, bool capture = false) =>
    Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = capture });

void DotNet(string[] arguments)
{
    Console.WriteLine($"> dotnet {string.Join(' ', arguments)}");
    using var process = StartDotNet(arguments);
    process.WaitForExit();
    if (process.ExitCode != 0)
    {
        throw new CakeException(process.ExitCode, $"dotnet {arguments[0]} ended with exit code {process.ExitCode}");
    }
}

void RunProject(string project, string[] arguments)
{
    DotNet(["build", project, "--configuration", Configuration, "--nologo", "--verbosity", "quiet"]);
    DotNet([$"{project}/bin/{Configuration}/net10.0/{System.IO.Path.GetFileName(project)}.dll", .. arguments]);
}

void RunTests(string project, string assembly)
{
    using var process = StartDotNet(capture: true, arguments: [
        "test", assembly, "--results-directory", TestResults,
        "--logger", $"trx;LogFileName={project}.trx", "--blame-hang-timeout", "10m", "--blame-hang-dump-type", "none", .. passedOn]);
    var output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    var trx = $"{TestResults}/{project}.trx";
    tests.Add(project, FileExists(trx) ? XDocument.Load(trx) : new XDocument(), process.ExitCode, output);
}

// Adds up TRX files: prints a line for each project, at once every failure, at the end the skipped tests and the totals.
sealed class TestTotals
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
    private readonly List<(string Name, string Reason)> _skipped = [];
    private int _passed;
    private int _failed;

    public void Add(string project, XDocument results, int exitCode, string output)
    {
        var outcomes = results.Descendants(Trx + "UnitTestResult").ToLookup(result => (string)result.Attribute("outcome"));
        var failed = outcomes["Failed"].ToList();
        var skipped = outcomes["NotExecuted"].ToList();
        int passed = outcomes["Passed"].Count();
        Console.WriteLine($"  {project,-32}{passed,6} passed {failed.Count,4} failed {skipped.Count,4} skipped  {Seconds(results),6:F1} s");

        foreach (var result in failed)
        {
            Console.WriteLine($"    FAILED {Name(result)}");
            Console.WriteLine(Indent(Text(result, "Message")));
            Console.WriteLine(Indent(Text(result, "StackTrace")));
        }

        bool broken = exitCode != 0 && failed.Count == 0;
        if (broken)
        {
            Console.WriteLine($"    FAILED {project}: the test run ended with exit code {exitCode}");
            Console.WriteLine(Indent(output));
        }

        _passed += passed;
        _failed += failed.Count + (broken ? 1 : 0);
        _skipped.AddRange(skipped.Select(result => (Name(result), Text(result, "Message"))));
    }

    public int Report()
    {
        foreach (var tests in _skipped.GroupBy(test => test.Reason, test => test.Name))
        {
            Console.WriteLine($"skipped {string.Join(", ", tests)}: {tests.Key}");
        }

        Console.WriteLine($"{_passed} passed, {_failed} failed, {_skipped.Count} skipped");
        return _failed == 0 && _passed > 0 ? 0 : 1;
    }

    private static double Seconds(XDocument results)
    {
        var times = results.Descendants(Trx + "Times").SingleOrDefault();
        return times is null ? 0 : ((DateTimeOffset)times.Attribute("finish") - (DateTimeOffset)times.Attribute("start")).TotalSeconds;
    }

    private static string Name(XElement result) => (string)result.Attribute("testName");

    private static string Text(XElement result, string element) =>
        result.Descendants(Trx + element).Select(text => text.Value.Trim()).FirstOrDefault("");

    private static string Indent(string text) => "      " + text.ReplaceLineEndings("\n      ");
}
