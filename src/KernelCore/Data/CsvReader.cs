using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Data;

/// <summary>Reads data sets from comma-separated numbers, compressed with gzip or plain.</summary>
/// <remarks>
/// One sample a line: features, then the class in the last column, a whole number from 0. Numbers are read as in the
/// invariant culture whatever the host's; blank lines and spaces around numbers are skipped; quotes are not supported.
/// The first line may be a header: column names (a line without a single number; ignored), or, as in scikit-learn's
/// files, two numbers and then names, <c>samples,features,class,class,...</c>, which is checked and names the classes.
/// </remarks>
public static class CsvReader
{
    private const byte Comma = (byte)',';
    private const byte LineFeed = (byte)'\n';

    /// <summary>Numbers in front of the class names in a header of sizes.</summary>
    private const int SizeFields = 2;

    /// <summary>Whole numbers of up to so many digits are exact in float32.</summary>
    private const int ExactDigits = 7;

    /// <summary>Reads a file; samples have the shape [features].</summary>
    /// <exception cref="InvalidDataFileException">The file cannot be read or is malformed; the message names file, line and column.</exception>
    public static Dataset Read(string path) => FileContent.Open(path, stream => Read(stream, path));

    /// <summary>Reads a file from a seekable stream; samples have the shape [features].</summary>
    /// <param name="stream">The file, gzip or plain, from the current position to the end.</param>
    /// <param name="name">Name of the data set, and of the file in messages.</param>
    /// <exception cref="InvalidDataFileException">The file is malformed; the message names file, line and column.</exception>
    public static Dataset Read(Stream stream, string name)
    {
        ReadOnlySpan<byte> text = FileContent.Read(stream, name).Span;
        if (text.StartsWith(Encoding.UTF8.Preamble))
        {
            text = text[Encoding.UTF8.Preamble.Length..];
        }

        return new Table(name).Read(text);
    }

    /// <summary>Numbers collected line by line.</summary>
    private sealed class Table(string name)
    {
        private int _line;
        private int _columns;
        private int _count;
        private int _rows;
        private float[] _features = [];
        private int[] _labels = [];

        public Dataset Read(ReadOnlySpan<byte> text)
        {
            string[]? header = null;
            while (!text.IsEmpty)
            {
                ReadOnlySpan<byte> line = NextLine(ref text);
                if (line.IsEmpty)
                {
                    continue;
                }

                if (_columns == 0)
                {
                    if (header is null && IsHeader(line))
                    {
                        header = Encoding.UTF8.GetString(line).Split(',', StringSplitOptions.TrimEntries);
                        continue;
                    }

                    Reserve(line, text);
                }

                ReadRow(line);
            }

            if (_rows == 0)
            {
                throw FileContent.Invalid(name, "holds no samples");
            }

            Array.Resize(ref _features, _count);
            Array.Resize(ref _labels, _rows);
            return new Dataset(
                name, [_columns - 1], ImmutableCollectionsMarshal.AsImmutableArray(_features),
                ImmutableCollectionsMarshal.AsImmutableArray(_labels), ClassNames(header));
        }

        private ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> text)
        {
            _line++;
            int end = text.IndexOf(LineFeed);
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            text = end < 0 ? [] : text[(end + 1)..];
            return line.Trim(" \t\r"u8);
        }

        /// <summary>Whether a line has no number at all, or exactly two and those in front.</summary>
        private static bool IsHeader(ReadOnlySpan<byte> line)
        {
            int field = 0, numbers = 0, leading = 0;
            foreach (Range range in line.Split(Comma))
            {
                if (TryParse(line[range].Trim((byte)' '), out _))
                {
                    numbers++;
                    leading += field < SizeFields ? 1 : 0;
                }

                field++;
            }

            return numbers == 0 || (numbers == SizeFields && leading == SizeFields && field > SizeFields);
        }

        /// <summary>Sizes the arrays by the first row; no more numbers than every second byte can hold are believed in.</summary>
        private void Reserve(ReadOnlySpan<byte> firstRow, ReadOnlySpan<byte> rest)
        {
            _columns = firstRow.Count(Comma) + 1;
            if (_columns < 2)
            {
                throw FileContent.Invalid(name, $"line {_line} has one column, expected features and a label");
            }

            long rows = rest.Count(LineFeed) + 2L;
            long numbers = Math.Min(rows * _columns, (firstRow.Length + (long)rest.Length + 2) / 2);
            _features = GC.AllocateUninitializedArray<float>((int)numbers);
            _labels = GC.AllocateUninitializedArray<int>((int)(numbers / _columns) + 1);
        }

        private void ReadRow(ReadOnlySpan<byte> line)
        {
            int columns = line.Count(Comma) + 1;
            if (columns != _columns)
            {
                throw FileContent.Invalid(name, $"line {_line} has {columns} columns, expected {_columns} as in the lines before");
            }

            int column = 1;
            for (; column < _columns; column++)
            {
                _features[_count++] = TakeNumber(ref line, column);
            }

            float label = Number(line, column);
            if (!(label >= 0 && label < Dataset.MaxClasses && label == (int)label))
            {
                throw FileContent.Invalid(
                    name, $"line {_line}, column {column}: label {MessageText.Quote(line)}, expected a whole number from 0 to {Dataset.MaxClasses - 1}");
            }

            _labels[_rows++] = (int)label;
        }

        /// <summary>Cuts the number before the next comma off a line; short runs of digits, the pixels of an image, in one pass.</summary>
        private float TakeNumber(ref ReadOnlySpan<byte> line, int column)
        {
            int whole = 0;
            int end = 0;
            for (; end < ExactDigits && char.IsAsciiDigit((char)line[end]); end++)
            {
                whole = (10 * whole) + line[end] - '0';
            }

            bool parsed = end > 0 && line[end] == Comma;
            end = parsed ? end : line.IndexOf(Comma);
            float value = parsed ? whole : Number(line[..end], column);
            line = line[(end + 1)..];
            return value;
        }

        private float Number(ReadOnlySpan<byte> field, int column)
        {
            field = field.Trim((byte)' ');
            return TryParse(field, out float value) && float.IsFinite(value)
                ? value
                : throw FileContent.Invalid(name, $"line {_line}, column {column}: {MessageText.Quote(field)} is not a finite number");
        }

        private static bool TryParse(ReadOnlySpan<byte> field, out float value) =>
            float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

        private ImmutableArray<string> ClassNames(string[]? header)
        {
            if (header is not [var samples, var features, _, ..]
                || !int.TryParse(samples, NumberStyles.None, CultureInfo.InvariantCulture, out int sampleCount)
                || !int.TryParse(features, NumberStyles.None, CultureInfo.InvariantCulture, out int featureCount))
            {
                return Dataset.NumberedClasses(_labels.Max() + 1);
            }

            return sampleCount == _rows && featureCount == _columns - 1
                ? [.. header[SizeFields..]]
                : throw FileContent.Invalid(
                    name, $"the header says {sampleCount} samples of {featureCount} features, the file holds {_rows} of {_columns - 1}");
        }
    }
}
