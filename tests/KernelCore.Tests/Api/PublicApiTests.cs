using System.Reflection;

namespace KernelCore.Tests.Api;

/// <summary>Keeps changes of the public API deliberate: each assembly must read as in its approved file.</summary>
public class PublicApiTests
{
    private const string AcceptVariable = "KERNELCORE_ACCEPT_API";

    [Theory]
    [InlineData("KernelCore")]
    [InlineData("KernelCore.Kernels")]
    [InlineData("KernelCore.Kernels.Cpu")]
    public void MatchesTheApprovedFile(string assembly)
    {
        string received = PublicApi.Render(Assembly.Load(assembly));
        string approvedFile = Path.Combine(SourceFolder(), $"{assembly}.approved.txt");
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            File.WriteAllText(approvedFile, received);
        }

        string approved = File.Exists(approvedFile) ? File.ReadAllText(approvedFile) : "";
        if (approved != received)
        {
            string receivedFile = Path.Combine(AppContext.BaseDirectory, $"{assembly}.received.txt");
            File.WriteAllText(receivedFile, received);
            Assert.Fail($"The public API of {assembly} changed:\n{Changes(approved, received)}"
                + $"Now: {receivedFile}\nApproved: {approvedFile}\n"
                + $"If the change is meant, run the tests with {AcceptVariable}=1 and commit the approved file.");
        }
    }

    private static string Changes(string approved, string received)
    {
        string[] before = approved.Split('\n');
        string[] after = received.Split('\n');
        return string.Concat(before.Except(after).Select(line => $"- {line.Trim()}\n"))
            + string.Concat(after.Except(before).Select(line => $"+ {line.Trim()}\n"));
    }

    private static string SourceFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KernelCore.sln")))
            {
                return Path.Combine(folder.FullName, "tests", "KernelCore.Tests", "Api");
            }
        }

        throw new DirectoryNotFoundException($"no KernelCore.sln above {AppContext.BaseDirectory}");
    }
}
