using System.Reflection;

namespace KernelCore.Tests.Api;

/// <summary>The public API of an assembly as it was last approved, in a file of the test project.</summary>
internal static class ApprovedApi
{
    private const string AcceptVariable = "KERNELCORE_ACCEPT_API";

    /// <summary>Fails when an assembly reads otherwise than its approved file; rewrites the file where that is asked for.</summary>
    /// <param name="assembly">Name of the assembly.</param>
    /// <param name="project">The test project whose folder <c>Api</c> has the file.</param>
    public static void Check(string assembly, string project)
    {
        string received = PublicApi.Render(Assembly.Load(assembly));
        string approvedFile = Path.Combine(Root(), "tests", project, "Api", $"{assembly}.approved.txt");
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

    private static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KernelCore.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no KernelCore.sln above {AppContext.BaseDirectory}");
    }
}
