using System.Collections.Immutable;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Scoring;

namespace KernelCore.Runs;

/// <summary>Reserves a directory for a run and fills it once the run is done: with all files or with none.</summary>
/// <remarks>
/// Created before training, so an unwritable place is found out at once. The files are staged inside the directory and
/// moved together by <see cref="Commit"/>; without it, disposing leaves everything as it was.
/// </remarks>
public sealed class RunWriter : IDisposable
{
    private readonly bool _created;
    private readonly string _staging;

    /// <summary>Reserves a directory, creating it if needed.</summary>
    /// <param name="directory">Where the run goes; files of an earlier run are replaced.</param>
    /// <exception cref="KernelCoreException">The directory cannot be written to.</exception>
    public RunWriter(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Path = directory;
        _created = !Directory.Exists(directory);
        _staging = System.IO.Path.Combine(directory, $".{System.IO.Path.GetRandomFileName()}.tmp");
        try
        {
            Directory.CreateDirectory(directory);
            Directory.CreateDirectory(_staging);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KernelCoreException($"cannot write to the directory '{directory}': {error.Message}", error);
        }
    }

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>Writes the run.</summary>
    /// <param name="network">The trained network.</param>
    /// <param name="history">What the run was and how it went.</param>
    /// <param name="scores">Scores of the training samples.</param>
    /// <param name="trueLabels">Labels before noise was injected; default when none was.</param>
    /// <exception cref="KernelCoreException">A file cannot be written.</exception>
    public void Commit(Network network, RunHistory history, ScoreTable scores, ImmutableArray<int> trueLabels = default)
    {
        ArgumentNullException.ThrowIfNull(history);
        NetworkFile.Save(network, Staged(RunDirectory.ModelFile));
        history.Save(Staged(RunDirectory.HistoryFile));
        ScoreTableWriter.Save(scores, Staged(RunDirectory.ScoresFile), trueLabels);
        foreach (string file in Directory.GetFiles(_staging))
        {
            File.Move(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)), overwrite: true);
        }
    }

    /// <summary>Removes what was staged, and the directory if it is empty and was not there before.</summary>
    public void Dispose()
    {
        try
        {
            Directory.Delete(_staging, recursive: true);
            if (_created && !Directory.EnumerateFileSystemEntries(Path).Any())
            {
                Directory.Delete(Path);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Tidying up must not hide the failure that led here.
        }
    }

    private string Staged(string file) => System.IO.Path.Combine(_staging, file);
}
