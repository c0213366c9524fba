using KernelCore.Files;

namespace KernelCore.Tests.Files;

/// <summary>The reference cases, written by the reference implementation of the format, are read as it wrote them.</summary>
public sealed class GoldenFileTests
{
    public static TheoryData<string> Cases() =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "*.safetensors").Select(path => Path.GetFileName(path)).Order()];

    [Fact]
    public void AllNineCasesAreThere() => Assert.Equal(9, Cases().Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void ReadsEveryTensor(string name)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "Golden", name));
        Assert.Equal(Path.GetFileNameWithoutExtension(name), file.Metadata["case"]);
        Assert.Contains(file.Metadata["loss"], new[] { "ce", "mse" });
        foreach (TensorEntry tensor in file.Tensors)
        {
            double[] values = file.ReadDoubles(tensor.Name);
            Assert.Equal(tensor.Shape.Count, values.Length);
            Assert.All(values, value => Assert.True(double.IsFinite(value)));
            if (tensor.Type == ElementType.F32)
            {
                Assert.Equal(values, file.ReadFloats(tensor.Name).Select(value => (double)value));
            }
        }

        int batch = file["input"].Shape[0];
        Assert.Equal(batch, file["target"].Shape[0]);
        Assert.Equal(batch, file["expect.loss"].Shape[0]);
    }

    /// <summary>The loss follows from the logits and targets of the same file, so both were read right.</summary>
    [Theory]
    [InlineData("softmax_regression.safetensors")]
    [InlineData("transformer.safetensors")]
    public void LossFollowsFromLogits(string name)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "Golden", name));
        double[] logits = file.ReadDoubles("expect.logits");
        double[] loss = file.ReadDoubles("expect.loss");
        long[] target = file.ReadInt64s("target");
        int classes = file["expect.logits"].Shape[-1];
        for (int i = 0; i < loss.Length; i++)
        {
            double[] row = logits[(i * classes)..((i + 1) * classes)];
            double largest = row.Max();
            double expected = largest + Math.Log(row.Sum(value => Math.Exp(value - largest))) - row[target[i]];

            // Double precision on both sides: a few dozen roundings of numbers of this size.
            Assert.Equal(expected, loss[i], 1e-13 * (1 + row.Sum(Math.Abs)));
        }
    }
}
