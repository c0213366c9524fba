namespace KernelCore.Cli.Tests;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kernelcore-");

    /// <summary>Full name of something inside.</summary>
    public string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>Everything inside, relative names.</summary>
    public string[] Content => [.. Directory.EnumerateFileSystemEntries(_folder.FullName, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(_folder.FullName, path)).Order(StringComparer.Ordinal)];

    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
