using System.Diagnostics;
using Xunit.Abstractions;

namespace KernelCore.Kernels.Cpu.Tests;

/// <summary>Repeats every test class with the trait <see cref="InstructionSets"/> in child processes that lack instruction sets.</summary>
public sealed class InstructionSetMatrixTests(ITestOutputHelper output)
{
    private const string ExpectedWidth = "KERNELCORE_TEST_EXPECTED_WIDTH";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [SkippableTheory]
    [InlineData("DOTNET_EnableAVX512", SimdWidth.Bits256)]
    [InlineData("DOTNET_EnableAVX2", SimdWidth.Bits128)]
    [InlineData("DOTNET_EnableHWIntrinsic", SimdWidth.Scalar)]
    internal void PassesWithout(string variable, SimdWidth width)
    {
        Skip.If(Simd.Width < width, $"this machine has only {Simd.InstructionSet}");
        (int exitCode, string text) = RunChild(variable, width);
        output.WriteLine(text);
        Assert.True(exitCode == 0, text);
        Assert.Contains($"Passed {typeof(InstructionSetMatrixTests).FullName}.{nameof(WidthIsTheOneAskedFor)}", text);
    }

    /// <summary>Runs in the child with the others: proves that the switch worked.</summary>
    [SkippableFact]
    [Trait(InstructionSets.Trait, InstructionSets.All)]
    public void WidthIsTheOneAskedFor()
    {
        string? expected = Environment.GetEnvironmentVariable(ExpectedWidth);
        Skip.If(expected is null, "only child processes expect a particular width");
        Assert.Equal(expected, Simd.Width.ToString());
    }

    private static (int ExitCode, string Text) RunChild(string variable, SimdWidth width)
    {
        string results = Directory.CreateTempSubdirectory("kernelcore-").FullName;
        try
        {
            var start = new ProcessStartInfo("dotnet")
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                ArgumentList =
                {
                    "vstest", typeof(InstructionSetMatrixTests).Assembly.Location,
                    $"--TestCaseFilter:{InstructionSets.Trait}={InstructionSets.All}", $"--ResultsDirectory:{results}", "--logger:console;verbosity=normal",
                },
                Environment = { [variable] = "0", [ExpectedWidth] = width.ToString() },
            };
            using Process child = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
            Task<string> standard = child.StandardOutput.ReadToEndAsync(), error = child.StandardError.ReadToEndAsync();
            if (!child.WaitForExit(Limit))
            {
                child.Kill(entireProcessTree: true);
            }

            return (child.ExitCode, $"{variable}=0\n{standard.Result}{error.Result}");
        }
        finally
        {
            Directory.Delete(results, recursive: true);
        }
    }
}
