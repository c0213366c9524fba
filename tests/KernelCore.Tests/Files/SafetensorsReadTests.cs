using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Tests.Files;

public sealed class SafetensorsReadTests
{
    [Fact]
    public void ReadsEveryElementType()
    {
        byte[] data =
        [
            .. BitConverter.GetBytes(-2.5), .. BitConverter.GetBytes(1e300),
            .. BitConverter.GetBytes(long.MinValue), .. BitConverter.GetBytes(7L),
            .. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(float.NaN),
            .. BitConverter.GetBytes(-3), .. BitConverter.GetBytes(int.MaxValue),
            .. BitConverter.GetBytes((Half)0.1), .. BitConverter.GetBytes(Half.NegativeInfinity),
            0x80, 0x3F, 0x49, 0xC0,
            0, 255,
        ];
        using SafetensorsFile file = SafetensorsBytes.Open(SafetensorsBytes.Of(
            """
            {"f64":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"i64":{"dtype":"I64","shape":[2],"data_offsets":[16,32]},
            "f32":{"dtype":"F32","shape":[1,2],"data_offsets":[32,40]},"i32":{"dtype":"I32","shape":[2],"data_offsets":[40,48]},
            "f16":{"dtype":"F16","shape":[2],"data_offsets":[48,52]},"bf16":{"dtype":"BF16","shape":[2,1],"data_offsets":[52,56]},
            "u8":{"dtype":"U8","shape":[2],"data_offsets":[56,58]}}
            """, data));

        Assert.Equal([-2.5, 1e300], file.ReadDoubles("f64"));
        Assert.Equal([-2.5f, float.PositiveInfinity], file.ReadFloats("f64"));
        Assert.Equal([long.MinValue, 7], file.ReadInt64s("i64"));
        Assert.Equal([-9223372036854775808.0, 7], file.ReadDoubles("i64"));
        Assert.Equal([1.5f, float.NaN], file.ReadFloats("f32"));
        Assert.Equal([1.5, double.NaN], file.ReadDoubles("f32"));
        Assert.Equal([-3, int.MaxValue], file.ReadInt64s("i32"));
        Assert.Equal([(float)(Half)0.1, float.NegativeInfinity], file.ReadFloats("f16"));
        Assert.Equal([1, -3.140625], file.ReadDoubles("bf16"));
        Assert.Equal([1, -3.140625f], file.ReadFloats("bf16"));
        Assert.Equal([0, 255], file.ReadInt64s("u8"));
        Assert.Equal([0, 255f], file.ReadFloats("u8"));
        Assert.Equal(Shape.Of(2, 1), file["bf16"].Shape);
        Assert.Equal(["f64", "i64", "f32", "i32", "f16", "bf16", "u8"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void ReadsScalarsEmptyTensorsAndEmptyFiles()
    {
        using SafetensorsFile file = SafetensorsBytes.Open(SafetensorsBytes.Of(
            """{"s":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"none":{"dtype":"F64","shape":[3,0],"data_offsets":[0,0]}}   """, 9));
        Assert.Equal([9], file.ReadInt64s("s"));
        Assert.Equal(0, file["s"].Shape.Rank);
        Assert.Empty(file.ReadDoubles("none"));

        using SafetensorsFile empty = SafetensorsBytes.Open(SafetensorsBytes.Of("{}"));
        Assert.Empty(empty.Tensors);
    }

    [Fact]
    public void NamesAMissingTensorAndAWrongType()
    {
        using SafetensorsFile file = SafetensorsBytes.Open(SafetensorsBytes.Of("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 0, 0, 0, 0));
        Assert.False(file.Contains("b"));
        AssertMessage("'test': has no tensor 'b'", () => file.ReadFloats("b"));
        AssertMessage("'test': tensor 'a' is F32, expected integers (I64, I32 or U8)", () => file.ReadInt64s("a"));
    }

    [Fact]
    public void MissingFileIsNamed()
    {
        string path = Path.Combine(Path.GetTempPath(), "kernelcore-no-such-file.safetensors");
        string message = Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Open(path)).Message;
        Assert.StartsWith($"'{path}': cannot be read: ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "header is malformed JSON")]
    [InlineData("", "header is malformed JSON")]
    [InlineData("{} x", "header is malformed JSON")]
    [InlineData("[]", "header is a JSON Array, expected an object")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", "header is malformed JSON: Duplicate property 'a'")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", "header is malformed JSON: Duplicate property 'dtype'")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", "header is malformed JSON")]
    [InlineData("""{"a":{"dtype":"\ud800","shape":[1],"data_offsets":[0,1]}}""", "header is malformed JSON")]
    [InlineData("""{"a":{"dtype":"I16","shape":[1],"data_offsets":[0,2]}}""", "tensor 'a' has dtype 'I16', readable are F32")]
    [InlineData("""{"a":{"dtype":7,"shape":[1],"data_offsets":[0,1]}}""", "tensor 'a' has dtype 'Number', readable are F32")]
    [InlineData("""{"a":7}""", "tensor 'a' is not an object of exactly dtype, shape and data_offsets")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1]}}""", "tensor 'a' is not an object of exactly dtype, shape and data_offsets")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":0}}""", "tensor 'a' is not an object of exactly dtype, shape and data_offsets")]
    [InlineData("""{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}""", "shape of tensor 'a' is a JSON Number, expected an array")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", "shape of tensor 'a' holds '-1', expected integers from 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", "shape of tensor 'a' holds '1.5', expected integers from 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}""", "shape of tensor 'a' holds '\"1\"', expected integers from 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1],"data_offsets":[0,1]}}""", "tensor 'a' has 7 axes, at most 6 are supported")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2147483647,2147483647,2],"data_offsets":[0,1]}}""", "its size overflows")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,1]}}""", "its size overflows")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}}""", "expected integers from 0 to 2^63 - 1")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", "data_offsets of tensor 'a' are not [begin, end] with begin <= end")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", "data_offsets of tensor 'a' are not [begin, end] with begin <= end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "tensor 'a' of shape [2] and dtype F32 takes 8 bytes, its data_offsets span 4")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""", "truncated: tensor 'a' ends at data byte 8, the file holds 4")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}""", "truncated: tensor 'a' ends at data byte 9223372036854775807, the file holds 4")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "tensor 'b' begins at data byte 2, expected 3: it overlaps the tensor before it")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "tensor 'b' begins at data byte 2, expected 1: it leaves a hole before it")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}""", "tensor 'a' begins at data byte 1, expected 0: it leaves a hole before it")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", "1 bytes follow the last tensor")]
    [InlineData("""{"__metadata__":[],"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "__metadata__ is a JSON Array, expected an object of strings")]
    [InlineData("""{"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "metadata 'k' is a JSON Number, expected a string")]
    [InlineData("""{"a\nb":{"dtype":"X","shape":[1],"data_offsets":[0,4]}}""", "tensor 'a?b' has dtype 'X'")]
    public void RefusesMalformedHeaders(string header, string expected) => AssertRefused(SafetensorsBytes.Of(header, 1, 2, 3, 4), expected);

    [Fact]
    public void RefusesTruncatedFilesAndOversizedHeaders()
    {
        AssertRefused([], "truncated: 0 bytes, not even a header length");
        AssertRefused([1, 2, 3, 4, 5, 6, 7], "truncated: 7 bytes, not even a header length");
        AssertRefused([100, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'], "truncated: a header of 100 bytes does not fit a file of 10 bytes");
        AssertRefused([.. BitConverter.GetBytes(100_000_001L), (byte)'{', (byte)'}'], "header length 100000001 exceeds the limit of 100000000 bytes");
        AssertRefused([.. BitConverter.GetBytes(ulong.MaxValue), (byte)'{', (byte)'}'], "header length 18446744073709551615 exceeds the limit");
        AssertRefused(SafetensorsBytes.Of([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}']), "header is not UTF-8");
    }

    [Fact]
    public void EveryTruncationOfAValidFileIsRefused()
    {
        var writer = new SafetensorsWriter();
        writer.Add("weight", [2, 3], new float[6]);
        writer.Add("steps", [1], new long[1]);
        using var stream = new MemoryStream();
        writer.Write(stream);
        byte[] whole = stream.ToArray();
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] part = whole[..length];
            Assert.Throws<InvalidModelFileException>(() => SafetensorsBytes.Open(part));
        }
    }

    [Fact]
    public void LongNamesAreShortenedInMessages()
    {
        string name = new('n', 10_000);
        string message = Assert.Throws<InvalidModelFileException>(
            () => SafetensorsBytes.Open(SafetensorsBytes.Of($$"""{"{{name}}":1}"""))).Message;
        Assert.InRange(message.Length, 1, 300);
    }

    [Fact]
    public void AHugeShapeIsRefusedInLinearTime()
    {
        string ones = string.Concat(Enumerable.Repeat("1,", 1_000_000));
        AssertRefused(
            SafetensorsBytes.Of("""{"a":{"dtype":"U8","shape":[""" + ones + """{}],"data_offsets":[0,1]}}""", 0),
            "shape of tensor 'a' holds '{}', expected integers from 0");
        AssertRefused(
            SafetensorsBytes.Of("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[""" + ones + "1]}}", 0),
            "data_offsets of tensor 'a' are not [begin, end]");
    }

    private static void AssertRefused(byte[] file, string expected)
    {
        string message = Assert.Throws<InvalidModelFileException>(() => SafetensorsBytes.Open(file)).Message;
        Assert.StartsWith("'test': ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static void AssertMessage(string expected, Action action) =>
        Assert.Equal(expected, Assert.Throws<InvalidModelFileException>(action).Message);
}
