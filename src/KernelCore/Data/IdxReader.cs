using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using KernelCore.Kernels;

namespace KernelCore.Data;

/// <summary>Reads IDX files of unsigned bytes, the format of the MNIST family, compressed with gzip or plain.</summary>
/// <remarks>
/// Layout: two zero bytes, the element type (0x08: unsigned byte), the number of axes, one big-endian u32 extent per
/// axis, then the elements, row-major. Sizes must match to the byte. See http://yann.lecun.com/exdb/mnist/.
/// </remarks>
public static class IdxReader
{
    private const int UnsignedByte = 0x08;
    private const float White = 255;

    /// <summary>Reads one IDX file.</summary>
    /// <exception cref="InvalidDataFileException">The file cannot be read or is malformed; the message names it and says why.</exception>
    public static IdxArray Read(string path) => FileContent.Open(path, stream => Read(stream, path));

    /// <summary>Reads one IDX file from a seekable stream.</summary>
    /// <param name="stream">The file, gzip or plain, from the current position to the end.</param>
    /// <param name="name">Name of the file in messages.</param>
    /// <exception cref="InvalidDataFileException">The file is malformed; the message names it and says why.</exception>
    public static IdxArray Read(Stream stream, string name)
    {
        ReadOnlyMemory<byte> content = FileContent.Read(stream, name);
        ReadOnlySpan<byte> bytes = content.Span;
        if (bytes.Length < 4)
        {
            throw FileContent.Invalid(name, $"truncated: {bytes.Length} bytes, an IDX file has a header of at least 4");
        }

        if (bytes[0] != 0 || bytes[1] != 0)
        {
            throw FileContent.Invalid(name, $"not an IDX file: begins with 0x{bytes[0]:X2}{bytes[1]:X2}, expected 0x0000");
        }

        if (bytes[2] != UnsignedByte)
        {
            throw FileContent.Invalid(name, $"element type 0x{bytes[2]:X2}, only unsigned bytes (0x08) are supported");
        }

        int rank = bytes[3];
        if (rank is 0 or > Shape.MaxRank)
        {
            throw FileContent.Invalid(name, $"{rank} axes, expected 1 to {Shape.MaxRank}");
        }

        int headerLength = 4 + (4 * rank);
        if (bytes.Length < headerLength)
        {
            throw FileContent.Invalid(name, $"truncated: {bytes.Length} bytes, a header of {rank} axes takes {headerLength}");
        }

        Span<int> extents = stackalloc int[rank];
        long count = 1;
        for (int axis = 0; axis < rank; axis++)
        {
            uint extent = BinaryPrimitives.ReadUInt32BigEndian(bytes[(4 + (4 * axis))..]);
            count *= extent;
            if (extent > int.MaxValue || count > int.MaxValue)
            {
                throw FileContent.Invalid(name, $"axis {axis} has extent {extent}: more than 2^31 - 1 elements");
            }

            extents[axis] = (int)extent;
        }

        Shape shape = Shape.Of(extents);
        return bytes.Length - headerLength == count
            ? new IdxArray(shape, content[headerLength..])
            : throw FileContent.Invalid(name, $"{shape} takes {count} bytes of data, the file holds {bytes.Length - headerLength}");
    }

    /// <summary>Reads images and labels as a data set; pixels are divided by 255.</summary>
    /// <inheritdoc cref="ReadDataset(Stream, Stream, string, ImmutableArray{string}?)"/>
    /// <param name="imagesPath">IDX file of images.</param>
    /// <param name="labelsPath">IDX file of labels.</param>
    /// <param name="name">Name of the data set.</param>
    /// <param name="classNames">One name per class; numbers up to the largest label if null.</param>
    public static Dataset ReadDataset(string imagesPath, string labelsPath, string name, ImmutableArray<string>? classNames = null) =>
        ToDataset(Read(imagesPath), Read(labelsPath), name, classNames);

    /// <summary>Reads images and labels from seekable streams as a data set; pixels are divided by 255.</summary>
    /// <param name="images">[samples, height, width] gives samples of shape [1, height, width]; [samples, size] and
    /// [samples, channels, height, width] keep their axes.</param>
    /// <param name="labels">[samples].</param>
    /// <param name="name">Name of the data set.</param>
    /// <param name="classNames">One name per class; numbers up to the largest label if null.</param>
    /// <exception cref="InvalidDataFileException">A file is malformed, or the two do not belong together.</exception>
    public static Dataset ReadDataset(Stream images, Stream labels, string name, ImmutableArray<string>? classNames = null) =>
        ToDataset(Read(images, $"{name} images"), Read(labels, $"{name} labels"), name, classNames);

    private static Dataset ToDataset(IdxArray images, IdxArray labels, string name, ImmutableArray<string>? classNames)
    {
        if (labels.Shape.Rank != 1 || images.Shape.Rank < 2 || images.Shape[0] != labels.Shape[0])
        {
            throw FileContent.Invalid(name, $"images {images.Shape} and labels {labels.Shape} do not belong together");
        }

        Shape sample = images.Shape.DropFirst();
        ReadOnlySpan<byte> pixels = images.Values.Span;
        ReadOnlySpan<byte> classes = labels.Values.Span;
        Span<float> scaled = stackalloc float[byte.MaxValue + 1];
        for (int value = 0; value < scaled.Length; value++)
        {
            scaled[value] = value / White;
        }

        var features = GC.AllocateUninitializedArray<float>(pixels.Length);
        for (int i = 0; i < pixels.Length; i++)
        {
            features[i] = scaled[pixels[i]];
        }

        var numbers = new int[classes.Length];
        int largest = -1;
        for (int i = 0; i < classes.Length; i++)
        {
            numbers[i] = classes[i];
            largest = Math.Max(largest, numbers[i]);
        }

        return new Dataset(
            name, sample.Rank == 2 ? sample.Prepend(1) : sample, ImmutableCollectionsMarshal.AsImmutableArray(features),
            ImmutableCollectionsMarshal.AsImmutableArray(numbers), classNames ?? Dataset.NumberedClasses(largest + 1));
    }
}
