using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using KernelCore.Cli.Output;
using KernelCore.Kernels;
using KernelCore.Verification;
using Spectre.Console;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore verify</c>: recomputes reference cases and compares.</summary>
internal static class VerifyCommand
{
    public static Command Create(CommandRunner runner)
    {
        var files = new Argument<string[]>("FILE") { Description = "Reference cases, safetensors.", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var device = new DeviceOptions();
        var command = new Command("verify", "Recompute reference cases and compare with what they expect; exit code 0 if all agree.") { files, json };
        device.AddTo(command);
        command.SetAction(runner(invocation => Run(invocation, invocation.Get(files), invocation.Get(json), device)).Invoke);
        return command;
    }

    private static int Run(Invocation invocation, string[] files, bool json, DeviceOptions deviceOptions)
    {
        using Device device = deviceOptions.Open(invocation);
        var reports = new List<VerificationReport>();
        foreach (string file in files)
        {
            VerificationReport report = ReferenceCase.Verify(file, device, cancellationToken: invocation.Cancellation);
            reports.Add(report);
            if (!json)
            {
                Write(invocation.Console, report);
            }
        }

        int passed = reports.Count(r => r.Passed);
        if (json)
        {
            invocation.Console.Profile.Out.Writer.WriteLine(JsonSerializer.Serialize(reports, VerifyJson.Default.ListVerificationReport));
        }
        else
        {
            invocation.Console.WriteRow($"{passed} of {reports.Count} cases passed");
        }

        return passed == reports.Count ? ExitCode.Success : ExitCode.OutOfTolerance;
    }

    private static void Write(IAnsiConsole console, VerificationReport report)
    {
        console.WriteRow($"{report.Case}: {(report.Passed ? "passed" : "FAILED")}  ({report.File})");
        Table table = Tables.Create("quantity", "tensors", "largest error", "median error", "verdict", "where");
        table.Columns[^1].LeftAligned();
        foreach (QuantityReport quantity in report.Quantities)
        {
            bool compared = quantity.Verdict != Verdict.Unsupported;
            table.AddTextRow(
                quantity.Quantity, compared ? $"{quantity.Tensors}" : "", compared ? $"{quantity.MaxError:0.0e-0}" : "", compared ? $"{quantity.MedianError:0.0e-0}" : "",
                compared ? quantity.Verdict.ToString().ToLowerInvariant() : "not yet supported", quantity.Verdict == Verdict.Failed ? quantity.Worst : "");
        }

        console.Write(table);
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(List<VerificationReport>))]
internal sealed partial class VerifyJson : JsonSerializerContext;
