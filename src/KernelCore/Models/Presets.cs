using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Ready-made classifier architectures, sized for a data set.</summary>
public static class Presets
{
    private const int SmallestImage = 8;

    /// <summary>Names that <see cref="Resolve"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["mlp", "cnn", "logistic"];

    /// <summary>A multilayer perceptron: samples flattened, hidden layers of 256 and 128 units with ReLU.</summary>
    /// <param name="sample">Shape of one sample.</param>
    /// <param name="classes">Number of classes.</param>
    public static IReadOnlyList<Layer> Mlp(Shape sample, int classes) =>
    [
        new Flatten(),
        new Linear((int)sample.Count, 256), new ReLU(),
        new Linear(256, 128), new ReLU(),
        new Linear(128, classes),
    ];

    /// <summary>A small convolutional network: two 3x3 convolutions of 32 and 64 channels, each halved by max pooling, and 128 hidden units.</summary>
    /// <param name="sample">Shape of one image, [channels, height, width], at least 8 x 8.</param>
    /// <param name="classes">Number of classes.</param>
    /// <exception cref="KernelCoreException">The samples are not such images.</exception>
    public static IReadOnlyList<Layer> Cnn(Shape sample, int classes)
    {
        if (sample.Rank != 3 || Math.Min(sample[1], sample[2]) < SmallestImage)
        {
            throw new KernelCoreException(
                $"the architecture cnn needs images [channels, height, width] of at least {SmallestImage} x {SmallestImage}, the samples are {sample}; use mlp");
        }

        return
        [
            new Conv2d(sample[0], 32, 3, Padding: 1), new ReLU(), new MaxPool2d(2),
            new Conv2d(32, 64, 3, Padding: 1), new ReLU(), new MaxPool2d(2),
            new Flatten(),
            new Linear(64 * (sample[1] / 4) * (sample[2] / 4), 128), new ReLU(),
            new Linear(128, classes),
        ];
    }

    /// <summary>Logistic regression: samples flattened, one linear layer.</summary>
    /// <param name="sample">Shape of one sample.</param>
    /// <param name="classes">Number of classes.</param>
    public static IReadOnlyList<Layer> Logistic(Shape sample, int classes) => [new Flatten(), new Linear((int)sample.Count, classes)];

    /// <summary>A preset by name, or a layer list from a JSON file.</summary>
    /// <param name="architecture">One of <see cref="Names"/>, or a path that ends in <c>.json</c>.</param>
    /// <param name="sample">Shape of one sample; a file has its own sizes.</param>
    /// <param name="classes">Number of classes; a file has its own.</param>
    /// <exception cref="KernelCoreException">Neither, or the file cannot be read or is no layer list; the message names it.</exception>
    public static IReadOnlyList<Layer> Resolve(string architecture, Shape sample, int classes)
    {
        ArgumentException.ThrowIfNullOrEmpty(architecture);
        return architecture switch
        {
            "mlp" => Mlp(sample, classes),
            "cnn" => Cnn(sample, classes),
            "logistic" => Logistic(sample, classes),
            _ when architecture.EndsWith(".json", StringComparison.OrdinalIgnoreCase) => Read(architecture),
            _ => throw new KernelCoreException($"no architecture '{architecture}'; expected {string.Join(", ", Names)} or FILE.json"),
        };
    }

    /// <summary>Reads a layer list (<see cref="Architecture.Parse"/>) from a file.</summary>
    /// <param name="path">A JSON file.</param>
    /// <exception cref="KernelCoreException">The file cannot be read or is no layer list; the message names it.</exception>
    public static IReadOnlyList<Layer> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return Architecture.Parse(File.ReadAllText(path));
        }
        catch (Exception error) when (error is KernelCoreException or IOException or UnauthorizedAccessException)
        {
            throw new KernelCoreException($"{path}: {error.Message}", error);
        }
    }
}
