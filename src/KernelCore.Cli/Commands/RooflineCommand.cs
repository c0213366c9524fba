using System.CommandLine;
using System.Globalization;
using KernelCore.Cli.Output;
using KernelCore.Kernels;
using Spectre.Console;

namespace KernelCore.Cli.Commands;

/// <summary><c>kernelcore roofline</c>: what each kernel has to compute and to move, and the least time that takes.</summary>
internal static class RooflineCommand
{
    private static readonly Roofline[] Roofs = [Roofline.A100, Roofline.H100];

    public static Command Create(CommandRunner runner)
    {
        Option<int> batch = Size("--batch", "Samples, or sequences of 64 tokens.", 256), width = Size("--width", "Features; heads have 64 of them.", 1024);
        Option<int> classes = Size("--classes", "Classes.", 1000);
        var command = new Command("roofline", "List the least time that each kernel can take on known GPUs; needs none.") { batch, width, classes };
        command.SetAction(runner(invocation => Run(invocation.Console, invocation.Get(batch), invocation.Get(width), invocation.Get(classes))).Invoke);
        return command;
    }

    private static Option<int> Size(string name, string description, int value) =>
        Choice.Number<int>(name, "N", description, value, 1, 1 << 20, "a whole number from 1 to 1048576");

    private static int Run(IAnsiConsole console, int batch, int width, int classes)
    {
        Table table = Tables.Create(["kernel", "extents", "MFLOP", "of it double", "MB", "FLOP/byte", .. Roofs.Select(roof => $"{roof.Name} µs"), "bound by"]);
        foreach ((string kernel, string extents, KernelWork work) in Kernels(batch, width, classes))
        {
            table.AddTextRow([
                kernel, extents, Number((work.Flops + work.DoubleFlops) / 1e6), Number(work.DoubleFlops / 1e6), Number(work.Bytes / 1e6), Number(work.Intensity),
                .. Roofs.Select(roof => Number(1e6 * roof.Seconds(work))), string.Join(", ", Roofs.Select(roof => roof.Bound(work)).Distinct())]);
        }

        console.Write(table);
        return ExitCode.Success;
    }

    private static IEnumerable<(string Kernel, string Extents, KernelWork Work)> Kernels(int batch, int width, int classes)
    {
        const int tokens = 64, headSize = 64, channels = 64, side = 16, taps = 3;
        long features = (long)batch * width, weights = (long)width * width;
        int rows = batch * tokens;
        var image = new ConvolutionGeometry(channels, channels, 1, side, side, taps, taps, 1, 1, 1, 1, 1, 1, side, side);
        var layout = new ChannelLayout(batch, channels, side * side);
        var heads = new AttentionGeometry(batch, tokens, Math.Max(1, width / headSize), headSize);
        string vector = $"{weights}", matrix = $"{batch} x {width}", logits = $"{batch} x {classes}", images = $"{batch} x {channels} x {side} x {side}";

        yield return ("axpy", vector, KernelShapes.Axpy(weights).Work);
        yield return ("dot", vector, KernelShapes.RowSums(1, weights).Work);
        yield return ("sgd step", vector, KernelShapes.Sgd(weights).Work);
        yield return ("adam step", vector, KernelShapes.Adam(weights).Work);
        yield return ("activation", matrix, KernelShapes.Activation(features).Work);
        yield return ("activation, gradient", matrix, KernelShapes.ActivationGradient(features).Work);
        yield return ("activation, tangent of gradient", matrix, KernelShapes.ActivationGradientTangent(features).Work);
        yield return ("bias", matrix, KernelShapes.Add(batch, width).Work);
        yield return ("layer norm", $"{rows} x {width}", KernelShapes.SegmentNorm(rows, width).Work);
        yield return ("layer norm, gradient", $"{rows} x {width}", KernelShapes.SegmentJacobian(rows, width).Work);
        yield return ("batch norm, statistics", images, KernelShapes.ChannelStatistics(layout).Work);
        yield return ("batch norm, standardise", images, KernelShapes.Standardize(layout).Work);
        yield return ("scale and shift", images, KernelShapes.ScaleShift(layout).Work);
        yield return ("cross-entropy", logits, KernelShapes.CrossEntropy(batch, classes).Work);
        yield return ("cross-entropy, curvature", logits, KernelShapes.CrossEntropyCurvature(batch, classes).Work);
        yield return ("squared error", matrix, KernelShapes.SquaredError(batch, width).Work);
        yield return ("head scores", $"{logits}, {width} features", KernelShapes.HeadScores(batch, classes, width).Work);
        yield return ("per-sample dots", matrix, KernelShapes.RowSums(batch, width).Work);
        yield return ("linear layer", $"{batch} x {width} x {width}", KernelShapes.Gemm(batch, width, width).Work);
        yield return ("linear layer, activation", $"{batch} x {width} x {width}", KernelShapes.ActivatedGemm(batch, width, width).Work);
        yield return ("linear layer, tokens", $"{rows} x {width} x {width}", KernelShapes.Gemm(rows, width, width).Work);
        yield return ("linear layer, gradients", $"{batch} of {width} x {width}", KernelShapes.LinearGradients(batch, width, width, tokens).Work);
        yield return ("linear layer, norms", $"{batch} of {width} x {width}", KernelShapes.LinearNorms(batch, width, width, tokens).Work);
        yield return ("linear layer, Gram norms", $"{batch} of {tokens} x {tokens}", KernelShapes.LinearGramNorms(batch, width, width, tokens).Work);
        yield return ("linear layer, Gram matrix", $"{batch} x {batch}, {width} + {width}", KernelShapes.VectorGram(batch, batch, width, width).Work);
        yield return ("convolution", images, KernelShapes.Convolution(image, batch).Work);
        yield return ("convolution, input gradient", images, KernelShapes.ConvolutionInputGradient(image, batch).Work);
        yield return ("convolution, gradients", images, KernelShapes.ConvolutionGradients(image, batch).Work);
        yield return ("convolution, Gram norms", $"{batch} of {side * side} x {side * side}", KernelShapes.ConvolutionGramNorms(image, batch).Work);
        yield return ("convolution, sum of gradients", images, KernelShapes.ConvolutionSum(image, batch).Work);
        yield return ("attention, scores", $"{heads.Batch} x {heads.Heads} of {tokens} x {tokens}", KernelShapes.AttentionScores(heads).Work);
        yield return ("attention, softmax", $"{heads.Batch} x {heads.Heads} of {tokens} x {tokens}", KernelShapes.Softmax((long)rows * heads.Heads, tokens).Work);
        yield return ("attention, values", $"{heads.Batch} x {heads.Heads} of {tokens} x {headSize}", KernelShapes.AttentionMix(heads).Work);
    }

    /// <summary>Three digits; whole from a hundred on.</summary>
    private static string Number(double value) => value.ToString(
        value switch { 0 => "0", < 0.995 => "0.000", < 9.995 => "0.00", < 99.95 => "0.0", _ => "0" }, CultureInfo.InvariantCulture);
}
