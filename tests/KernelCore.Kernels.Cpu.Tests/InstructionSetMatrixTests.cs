using System.Diagnostics;
using Xunit.Abstractions;

namespace KernelCore.Kernels.Cpu.Tests;

/// <summary>Repeats every test class with the trait <see cref="InstructionSets"/> in child processes that lack instruction sets.</summary>
public sealed class InstructionSetMatrixTests(ITestOutputHelper output)
{
    private const string ExpectedWidth = "KERNELCORE_TEST_EXPECTED_WIDTH";
    private const string Avx512 = "DOTNET_EnableAVX512", Avx2 = "DOTNET_EnableAVX2", Vectors = "DOTNET_EnableHWIntrinsic";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>All children, started by the first test that asks; two of them run at a time.</summary>
    private static readonly Lazy<Dictionary<SimdWidth, Task<(int ExitCode, string Text)>>> Children = new(() =>
    {
        var slots = new SemaphoreSlim(2);
        (string, SimdWidth)[] cases = [(Avx512, SimdWidth.Bits256), (Avx2, SimdWidth.Bits128), (Vectors, SimdWidth.Scalar)];
        return cases.Where(c => c.Item2 <= Simd.Width).ToDictionary(c => c.Item2, c => RunChild(c.Item1, c.Item2, slots));
    });

    [SkippableTheory]
    [InlineData(Avx512, SimdWidth.Bits256)]
    [InlineData(Avx2, SimdWidth.Bits128)]
    [InlineData(Vectors, SimdWidth.Scalar)]
    internal async Task PassesWithout(string variable, SimdWidth width)
    {
        Skip.If(Simd.Width < width, $"this machine has only {Simd.InstructionSet}, with or without {variable}");
        (int exitCode, string text) = await Children.Value[width];
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

    private static async Task<(int ExitCode, string Text)> RunChild(string variable, SimdWidth width, SemaphoreSlim slots)
    {
        await slots.WaitAsync();
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
            using var limit = new CancellationTokenSource(Limit);
            try
            {
                await child.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                child.Kill(entireProcessTree: true);
                await child.WaitForExitAsync();
            }

            return (child.ExitCode, $"{variable}=0\n{await standard}{await error}");
        }
        finally
        {
            slots.Release();
            Directory.Delete(results, recursive: true);
        }
    }
}
