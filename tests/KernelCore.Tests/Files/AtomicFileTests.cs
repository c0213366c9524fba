using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WritesAndReplacesText()
    {
        AtomicFile.WriteText(_folder["a.txt"], "one long text");
        AtomicFile.WriteText(_folder["a.txt"], "µ\n");
        Assert.Equal([0xC2, 0xB5, 0x0A], File.ReadAllBytes(_folder["a.txt"]));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void FailureOfTheWriterLeavesTheOldFileAndNothingElse()
    {
        AtomicFile.WriteText(_folder["a.txt"], "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(_folder["a.txt"], stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(_folder["a.txt"]));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void UnwritableTargetsGiveOneLine()
    {
        string missing = Path.Combine(_folder.Path, "none", "a.txt");
        AssertUnwritable(missing, () => AtomicFile.WriteText(missing, ""));
        AssertUnwritable(_folder.Path, () => AtomicFile.WriteText(_folder.Path, ""));

        string full = _folder["full.txt"];
        AssertUnwritable(full, () => AtomicFile.Write(full, _ => throw new IOException("No space left\non device")));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    private static void AssertUnwritable(string path, Action action)
    {
        string message = Assert.Throws<KernelCoreException>(action).Message;
        Assert.StartsWith($"cannot write '{path}': ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
