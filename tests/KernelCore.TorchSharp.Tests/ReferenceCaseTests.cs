using KernelCore.Verification;

namespace KernelCore.Torch.Tests;

/// <summary>The nine PyTorch reference cases, built as TorchSharp modules from their layer lists.</summary>
public sealed class ReferenceCaseTests
{
    public static TheoryData<string> Cases => [.. Directory.GetFiles(GoldenDirectory, "*.safetensors").Select(p => Path.GetFileName(p)!).Order()];

    private static string GoldenDirectory => Path.Combine(AppContext.BaseDirectory, "Golden");

    [Fact]
    public void All_nine_cases_are_here() => Assert.Equal(9, Cases.Count);

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Every_quantity_agrees_curvature_included(string file)
    {
        VerificationReport report = ReferenceCase.Verify(Path.Combine(GoldenDirectory, file), (stored, layers) =>
        {
            var model = new TorchModel(TorchNetwork.FromLayers(layers));
            TorchModelFile.LoadWeights(model, stored, ReferenceCase.ParameterPrefix, ReferenceCase.BufferPrefix, strict: false);
            return model;
        });

        Assert.True(report.Passed, string.Join(Environment.NewLine, report.Quantities.Where(q => q.Verdict != Verdict.Passed)));
        Assert.Contains(report.Quantities, q => q.Quantity == "hvp.*");
    }
}
