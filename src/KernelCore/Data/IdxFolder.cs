using System.Collections.Immutable;

namespace KernelCore.Data;

/// <summary>A folder with the four files of the MNIST family.</summary>
internal static class IdxFolder
{
    /// <summary>The four files, for messages.</summary>
    public const string Files =
        "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each with or without .gz";

    private static readonly (string Images, string Labels) Train = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
    private static readonly (string Images, string Labels) Test = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");

    /// <summary>Whether all four files are there.</summary>
    public static bool IsComplete(string folder) =>
        new[] { Train.Images, Train.Labels, Test.Images, Test.Labels }.All(file => Find(folder, file) is not null);

    /// <summary>Loads a complete folder.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="name">Name of the data set.</param>
    /// <param name="classNames">One name per class; numbers up to the largest label of either part if null.</param>
    public static DataSplit Load(string folder, string name, ImmutableArray<string>? classNames)
    {
        Dataset train = Load(folder, Train, name, classNames);
        Dataset test = Load(folder, Test, name, classNames);
        return train.ClassCount < test.ClassCount
            ? new DataSplit(train.WithClassNames(test.ClassNames), test)
            : new DataSplit(train, test.WithClassNames(train.ClassNames));
    }

    private static Dataset Load(string folder, (string Images, string Labels) files, string name, ImmutableArray<string>? classNames) =>
        IdxReader.ReadDataset(Find(folder, files.Images)!, Find(folder, files.Labels)!, name, classNames);

    private static string? Find(string folder, string file)
    {
        string plain = Path.Combine(folder, file);
        return File.Exists(plain) ? plain : File.Exists(plain + ".gz") ? plain + ".gz" : null;
    }
}
