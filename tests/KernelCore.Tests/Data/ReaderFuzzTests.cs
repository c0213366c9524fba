using System.Diagnostics;
using System.Text;
using KernelCore.Data;
using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Tests.Data;

/// <summary>
/// Mutated files: whatever comes in, a reader returns or raises a <see cref="KernelCoreException"/> of one line, soon, and
/// without allocating more than the file can account for.
/// </summary>
public sealed class ReaderFuzzTests
{
    private const ulong Seed = 20260101;
    private const int InputsPerFormat = 3000;
    private const int MaxMutations = 4;

    /// <summary>Allocation for each byte of a file: copies, JSON tokens, numbers widened to double.</summary>
    private const long AllowedBytesPerByte = 64;

    /// <summary>Further allocation whatever the file: a read buffer, an exception with its message.</summary>
    private const long Overhead = 1 << 17;

    /// <summary>Further allocation of data sets: names for the most classes there may be.</summary>
    private const long ClassNameBytes = 40L * Dataset.MaxClasses;

    /// <summary>Further allocation of gzip files: the content always granted, while it grows and when it is parsed.</summary>
    private const long GzipBytes = 6L << 20;

    /// <summary>Inputs take microseconds to milliseconds; a busy machine may stall any of them.</summary>
    private static readonly TimeSpan AllowedTime = TimeSpan.FromSeconds(10);

    /// <summary>Values of length fields that overflow, go negative or claim too much.</summary>
    private static readonly ulong[] Lengths =
        [0, 1, 7, 8, 0x7F, 0x80, 0xFF, 0xFFFF, 100_000_000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, ulong.MaxValue];

    private static readonly string[] Numbers =
        ["0", "-1", "1e999", "NaN", "9223372036854775807", "18446744073709551616", "2147483647", "65535", "65536", "[]", "{}", "\"\"", "\u0000", ",", "\n"];

    private delegate void Reader(byte[] file);

    [Fact]
    public void Safetensors() => Fuzz(stream: 1, Overhead, ReadSafetensors, [SafetensorsSeed(many: false), SafetensorsSeed(many: true), GoldenSeed()]);

    [Fact]
    public void SafetensorsDataSets() => Fuzz(
        stream: 2, Overhead + ClassNameBytes, file => SafetensorsReader.Read(new MemoryStream(file), "fuzz"), [SafetensorsSeed(many: false), DataSetSeed()]);

    [Fact]
    public void Idx() => Fuzz(
        stream: 3, Overhead, ReadIdx, [ReaderTests.Idx([5, 4, 4], Bytes(80)), ReaderTests.Idx([5], Bytes(5)), ReaderTests.Idx([5, 16], Bytes(80))]);

    [Fact]
    public void Csv() => Fuzz(
        stream: 4, Overhead + ClassNameBytes, ReadCsv, [CsvSeed(5, 3), CsvSeed(40, 9), "2,2,a,b\n1,2,0\n3,4,1\n"u8.ToArray(), "x,y,z\r\n.5,-1e3,7\r\n"u8.ToArray()]);

    [Fact]
    public void Gzip() => Fuzz(
        stream: 5, Overhead + ClassNameBytes + GzipBytes, ReadCsvOrIdx,
        [ReaderTests.Gzip(CsvSeed(40, 9)), ReaderTests.Gzip(ReaderTests.Idx([5, 4, 4], Bytes(80))), ReaderTests.Gzip(new byte[3 << 20])]);

    private static void Fuzz(ulong stream, long allowedBytes, Reader read, byte[][] seeds)
    {
        int accepted = 0;
        ulong draws = 0;
        foreach (byte[] seed in seeds)
        {
            Try(read, seed, allowedBytes, "seed");
        }

        for (int input = 0; input < InputsPerFormat; input++)
        {
            byte[] file = seeds[Draw(seeds.Length)];
            for (int mutations = 1 + Draw(MaxMutations); mutations > 0; mutations--)
            {
                file = Mutate(file, seeds, Draw);
            }

            accepted += Try(read, file, allowedBytes, $"input {input}") ? 1 : 0;
        }

        // Otherwise the mutations would be so coarse that only the first check of a reader is ever reached.
        Assert.InRange(accepted, 1, InputsPerFormat - 1);

        int Draw(int bound) => Philox.Integer(Seed, stream, draws++, bound);
    }

    /// <summary>Reads one input; true if it was accepted.</summary>
    private static bool Try(Reader read, byte[] file, long allowedBytes, string what)
    {
        bool accepted = true;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        try
        {
            read(file);
        }
        catch (KernelCoreException error)
        {
            accepted = false;
            Assert.False(error.Message.Any(char.IsControl), $"{what}: message of more than one line: {error.Message}");
        }
        catch (Exception error)
        {
            Assert.Fail($"{what}: {error}\n{Convert.ToHexString(file)}");
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.True(time < AllowedTime, $"{what}: {time} for {file.Length} bytes");
        Assert.True(allocated <= allowedBytes + (AllowedBytesPerByte * file.Length), $"{what}: {allocated} bytes allocated for {file.Length} bytes");
        return accepted;
    }

    private static byte[] Mutate(byte[] file, byte[][] seeds, Func<int, int> draw)
    {
        byte[] copy = [.. file];
        int at = draw(file.Length + 1);
        switch (draw(7))
        {
            case 0 when at < file.Length:
                copy[at] ^= (byte)(1 << draw(8));
                return copy;
            case 1 when at < file.Length:
                copy[at] = (byte)draw(256);
                return copy;
            case 2:
                return file[..at];
            case 3:
                return [.. file[..at], .. file[draw(at + 1)..]];
            case 4:
                byte[] other = seeds[draw(seeds.Length)];
                return [.. file[..at], .. other[draw(other.Length + 1)..]];
            case 5:
                byte[] length = BitConverter.GetBytes(Lengths[draw(Lengths.Length)]);
                int width = 1 << draw(4);
                int field = Math.Min(draw(24), file.Length);
                byte[] value = draw(2) == 0 ? length[..width] : [.. length[..width].Reverse()];
                return [.. file[..field], .. value, .. file[Math.Min(file.Length, field + width)..]];
            default:
                byte[] number = Encoding.UTF8.GetBytes(Numbers[draw(Numbers.Length)]);
                return [.. file[..at], .. number, .. file[Math.Min(file.Length, at + draw(3))..]];
        }
    }

    private static void ReadSafetensors(byte[] bytes)
    {
        using SafetensorsFile file = SafetensorsFile.Open(new MemoryStream(bytes), "fuzz");
        foreach (TensorEntry tensor in file.Tensors)
        {
            Assert.Equal(tensor.Shape.Count, file.ReadDoubles(tensor.Name).Length);
            Assert.Equal(tensor.Shape.Count, file.ReadFloats(tensor.Name).Length);
        }
    }

    private static void ReadIdx(byte[] file)
    {
        IdxArray array = IdxReader.Read(new MemoryStream(file), "fuzz");
        Assert.Equal(array.Shape.Count, array.Values.Length);
        IdxReader.ReadDataset(new MemoryStream(file), new MemoryStream(ReaderTests.Idx([5], Bytes(5))), "fuzz");
    }

    private static void ReadCsv(byte[] file) => CsvReader.Read(new MemoryStream(file), "fuzz");

    private static void ReadCsvOrIdx(byte[] file)
    {
        try
        {
            ReadCsv(file);
        }
        catch (InvalidDataFileException)
        {
            IdxReader.Read(new MemoryStream(file), "fuzz");
        }
    }

    private static byte[] SafetensorsSeed(bool many)
    {
        var writer = new SafetensorsWriter { Metadata = { ["arch"] = "[{\"type\":\"linear\"}]" } };
        writer.Add("input", [3, 2], new float[6]);
        writer.Add("target", [3], new long[] { 0, 2, 1 });
        for (int i = 0; many && i < 8; i++)
        {
            writer.Add($"{i}.weight", [i, 2], new double[2 * i]);
        }

        return Written(writer);
    }

    private static byte[] DataSetSeed()
    {
        var writer = new SafetensorsWriter();
        writer.Add("features", [2, 1, 2], new double[4]);
        writer.Add("labels", [2], new[] { 1, 0 });
        return Written(writer);
    }

    private static byte[] GoldenSeed() => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "mlp_nobias_tanh.safetensors"));

    private static byte[] Written(SafetensorsWriter writer)
    {
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    private static byte[] CsvSeed(int rows, int columns) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, rows)
        .Select(row => string.Join(',', Enumerable.Range(0, columns).Select(column => (row * column) / 4.0)) + $",{row % 3}\n")));

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i % 11))];
}
