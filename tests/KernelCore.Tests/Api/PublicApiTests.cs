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

        string approved = File.Exists(approvedFile) ? File.ReadAllText(approvedFile).ReplaceLineEndings("\n") : "";
        if (approved != received)
        {
            string receivedFile = Path.Combine(AppContext.BaseDirectory, $"{assembly}.received.txt");
            File.WriteAllText(receivedFile, received);
            Assert.Fail($"The public API of {assembly} {(approved.Length > 0 ? "changed:\n" + Changes(approved, received) : "was never approved.\n")}"
                + $"Received: {receivedFile}\nApproved: {approvedFile}\n"
                + $"If this is meant, run the test with {AcceptVariable}=1 and commit the approved file.");
        }
    }

    private static string Changes(string approved, string received)
    {
        string[] before = [.. Qualified(approved)];
        string[] after = [.. Qualified(received)];
        return string.Concat(before.Except(after).Select(line => $"- {line}\n").Concat(after.Except(before).Select(line => $"+ {line}\n")));
    }

    /// <summary>The lines of an API, each member with its type, so that equal members of different types stay apart.</summary>
    private static IEnumerable<string> Qualified(string api)
    {
        string type = "";
        foreach (string line in api.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            bool isMember = line.StartsWith(' ');
            type = isMember ? type : line;
            yield return isMember ? $"{type} {{ {line.Trim()} }}" : line;
        }
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
