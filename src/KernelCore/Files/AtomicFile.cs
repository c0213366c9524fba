using System.Text;
using KernelCore.Kernels;

namespace KernelCore.Files;

/// <summary>Writes files that are either complete or not there.</summary>
/// <remarks>
/// The content goes to a temporary name in the same directory, is flushed to the disk and then moved over the target,
/// so a crash, a full disk or an exception of the writer leaves an older file as it was. Thread safe: of two writers
/// to one path the last to finish wins, whole.
/// </remarks>
public static class AtomicFile
{
    private const string Extension = ".tmp";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes a file through a stream.</summary>
    /// <param name="path">Target; replaced if it exists. Its directory must exist.</param>
    /// <param name="write">Writes the content. Exceptions other than I/O errors pass through.</param>
    /// <exception cref="KernelCoreException">The target cannot be written; the message names it and says why.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        if (Directory.Exists(path))
        {
            throw new KernelCoreException($"cannot write '{path}': it is a directory");
        }

        string temporary = $"{path}.{Path.GetRandomFileName()}{Extension}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error)
        {
            Delete(temporary);
            if (error is IOException or UnauthorizedAccessException)
            {
                throw new KernelCoreException($"cannot write '{path}': {MessageText.OneLine(error.Message)}", error);
            }

            throw;
        }
    }

    /// <summary>Writes a text file in UTF-8 without a byte order mark.</summary>
    /// <param name="path">Target; replaced if it exists. Its directory must exist.</param>
    /// <param name="text">Content.</param>
    /// <exception cref="KernelCoreException">The target cannot be written; the message names it and says why.</exception>
    public static void WriteText(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Write(path, stream => stream.Write(Utf8.GetBytes(text)));
    }

    /// <summary>Deletes what writers that were killed have left. No writer of these files may be at work.</summary>
    /// <param name="directory">Where the targets are.</param>
    /// <param name="targets">Names of the targets; * stands for anything.</param>
    internal static void DeleteLeftovers(string directory, string targets)
    {
        foreach (string temporary in Directory.GetFiles(directory, $"{targets}.*{Extension}"))
        {
            Delete(temporary);
        }
    }

    private static void Delete(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A file too many does no harm, and where a failure brought us here, that is the one to report.
        }
    }
}
