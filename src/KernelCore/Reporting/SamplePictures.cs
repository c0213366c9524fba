using System.Xml.Linq;
using KernelCore.Data;
using KernelCore.Kernels;
using static System.FormattableString;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting;

/// <summary>Shows samples: images as PNG, anything else by the features that deviate most from the data set's mean.</summary>
internal sealed class SamplePictures
{
    private const int MostPixels = 64, MostFeatures = 5;
    private const double MostDeviations = 4;

    private readonly Dataset _dataset;
    private readonly int _channels, _height, _width;
    private readonly float _darkest, _contrast;
    private readonly double[] _mean, _deviation;

    /// <summary>Prepares to show samples.</summary>
    /// <param name="dataset">The samples.</param>
    /// <param name="shown">Samples that will be shown: together they span the range from black to white.</param>
    public SamplePictures(Dataset dataset, IReadOnlyList<int> shown)
    {
        _dataset = dataset;
        Shape shape = dataset.SampleShape;
        (_channels, _height, _width) = shape.Rank switch
        {
            2 => (1, shape[0], shape[1]),
            3 when shape[0] is 1 or 3 => (shape[0], shape[1], shape[2]),
            _ => (0, 0, 0),
        };
        (_mean, _deviation) = IsImage ? ([], []) : Statistics(dataset);
        float[] range = [.. shown.SelectMany(i => dataset.Sample(i).ToArray())];
        _darkest = range.DefaultIfEmpty().Min();
        _contrast = range.DefaultIfEmpty().Max() - _darkest;
    }

    private bool IsImage => _channels > 0;

    /// <summary>The picture of a sample.</summary>
    public XElement Show(int index) => IsImage ? Image(index) : Features(index);

    /// <summary>Pixels averaged over squares, so that no picture is larger than a thumbnail.</summary>
    private XElement Image(int index)
    {
        int square = (Math.Max(_height, _width) + MostPixels - 1) / MostPixels;
        int height = (_height + square - 1) / square, width = (_width + square - 1) / square;
        ReadOnlySpan<float> sample = _dataset.Sample(index);
        var pixels = new byte[height * width * _channels];
        for (int i = 0; i < pixels.Length; i++)
        {
            int channel = i % _channels, column = i / _channels % width, row = i / _channels / width;
            float level = _contrast > 0 ? (SquareMean(sample, channel, row * square, column * square, square) - _darkest) / _contrast : 0;
            pixels[i] = (byte)Math.Clamp(MathF.Round(255 * level), 0, 255);
        }

        string data = Convert.ToBase64String(PngEncoder.Encode(pixels, width, height, _channels));
        return Tag("img", Attribute("src", $"data:image/png;base64,{data}"), Attribute("alt", Invariant($"Sample {index}")));
    }

    private float SquareMean(ReadOnlySpan<float> sample, int channel, int top, int left, int side)
    {
        int bottom = Math.Min(top + side, _height), right = Math.Min(left + side, _width);
        double sum = 0;
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                sum += sample[(((channel * _height) + y) * _width) + x];
            }
        }

        return (float)(sum / ((bottom - top) * (right - left)));
    }

    private XElement Features(int index)
    {
        const int row = 16, middle = 125, right = 220;
        const double scale = 12;
        float[] sample = _dataset.Sample(index).ToArray();
        var deviations = sample.Select((value, i) => (Feature: i, Z: _deviation[i] > 0 ? (value - _mean[i]) / _deviation[i] : 0))
            .OrderByDescending(d => Math.Abs(d.Z)).Take(MostFeatures)
            .Select(d => (Name: Invariant($"feature {d.Feature}"), d.Z, Text: Invariant($"{d.Z:+0.0;-0.0;0.0}\u03C3"))).ToList();
        XElement svg = Tag(
            "svg", Class("features"), Attribute("viewBox", Invariant($"0 0 {right} {row * deviations.Count}")), Attribute("role", "img"),
            Attribute("aria-label", "Most unusual: " + string.Join(", ", deviations.Select(d => $"{d.Name} {d.Text}"))));
        for (int i = 0; i < deviations.Count; i++)
        {
            var (name, z, text) = deviations[i];
            double length = scale * Math.Min(Math.Abs(z), MostDeviations);
            int baseline = (row * i) + 12;
            svg.Add(
                Tag("text", Attribute("x", 0), Attribute("y", baseline), name),
                Tag(
                    "rect", Class(z < 0 ? "bar c1" : "bar c0"), Attribute("x", Invariant($"{(z < 0 ? middle - length : middle):0.#}")),
                    Attribute("y", (row * i) + 2), Attribute("width", Invariant($"{length:0.#}")), Attribute("height", row - 4)),
                Tag("text", Attribute("x", right), Attribute("y", baseline), Attribute("text-anchor", "end"), text));
        }

        svg.Add(Tag("path", Class("axis"), Attribute("d", Invariant($"M{middle} 0V{row * deviations.Count}"))));
        return svg;
    }

    private static (double[] Mean, double[] Deviation) Statistics(Dataset dataset)
    {
        var mean = new double[dataset.SampleSize];
        var squares = new double[dataset.SampleSize];
        for (int n = 0; n < dataset.Count; n++)
        {
            ReadOnlySpan<float> sample = dataset.Sample(n);
            for (int i = 0; i < sample.Length; i++)
            {
                double delta = sample[i] - mean[i];
                mean[i] += delta / (n + 1);
                squares[i] += delta * (sample[i] - mean[i]);
            }
        }

        return (mean, [.. squares.Select(s => Math.Sqrt(s / dataset.Count))]);
    }
}
