using System.Globalization;
using KernelCore.Curvature;
using KernelCore.Files;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Scoring;

namespace KernelCore.Verification;

/// <summary>
/// A reference case: a network with weights and inputs, and what another implementation computed for it in double
/// precision. Recomputes everything and compares.
/// </summary>
/// <remarks>
/// Safetensors with metadata <c>arch</c> (layer list), <c>loss</c> (<c>ce</c> or <c>mse</c>) and <c>case</c>; tensors
/// <c>param.*</c>, <c>buffer.*</c>, <c>input</c>, <c>target</c>, a direction <c>v.*</c>, and <c>expect.*</c>.
/// </remarks>
public static class ReferenceCase
{
    /// <summary>What stands before the names of parameters in a reference case.</summary>
    public const string ParameterPrefix = "param.";

    /// <summary>What stands before the names of buffers in a reference case.</summary>
    public const string BufferPrefix = "buffer.";

    private const string Expect = "expect.", Direction = "v.", ClipNorm = "expect.clip.C", Damping = "expect.influence.damping";

    /// <summary>Settings that an expectation was made with: read, not compared.</summary>
    private static readonly string[] Settings = [ClipNorm, Damping];

    /// <summary>Verifies a file.</summary>
    /// <param name="path">The reference case.</param>
    /// <param name="device">Device that recomputes it.</param>
    /// <param name="tolerance">Null for the defaults.</param>
    /// <param name="cancellationToken">Checked between quantities.</param>
    /// <exception cref="InvalidModelFileException">The file is broken or is not a reference case.</exception>
    public static VerificationReport Verify(
        string path, Device device, Tolerance? tolerance = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        return Verify(path, CreateNetwork, tolerance, cancellationToken);

        Network CreateNetwork(SafetensorsFile file, IReadOnlyList<Layer> layers)
        {
            var network = new Network(device, layers);
            NetworkFile.LoadWeights(network, file, ParameterPrefix, BufferPrefix, strict: false);
            return network;
        }
    }

    /// <summary>Verifies a file with a model of one's own making.</summary>
    /// <param name="path">The reference case.</param>
    /// <param name="create">Makes the model of the given layers, with the file's weights (<see cref="ParameterPrefix"/>, <see cref="BufferPrefix"/>); it is disposed here.</param>
    /// <param name="tolerance">Null for the defaults.</param>
    /// <param name="cancellationToken">Checked between quantities.</param>
    /// <exception cref="InvalidModelFileException">The file is broken or is not a reference case.</exception>
    public static VerificationReport Verify(
        string path, Func<SafetensorsFile, IReadOnlyList<Layer>, ICurvatureModel> create, Tolerance? tolerance = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(create);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Loss loss = Loss.Parse(Metadata(file, "loss"));
        using ICurvatureModel model = create(file, Architecture.Parse(Metadata(file, "arch")));
        Device device = model.Device;
        using Batch batch = ReadBatch(file, device, loss);
        using ParameterVector? direction = ReadDirection(file, model);
        double? clip = file.Contains(ClipNorm) ? file.ReadDoubles(ClipNorm)[0] : null;

        using var engine = new PerSampleEngine(model, new GradientQuery
        {
            Norms = true,
            WeightDots = true,
            Cosines = true,
            Direction = direction,
            ClipNorm = clip,
            Gram = true,
            SquaredSum = true,
            Sum = true,
            Materialise = true,
        });
        using Tensor losses = device.Allocate([batch.Count]);
        IForwardPass pass = model.Forward(batch, ForwardMode.Evaluation);
        loss.Evaluate(pass.Outputs, batch, 1, losses, pass.Cotangent);
        GradientResult result = engine.Evaluate(pass.Backward());
        var actual = new Recomputation(model, batch, pass, losses, result, direction);
        using Objective objective = new(model, loss, batch);
        double? damping = file.Contains(Damping) ? file.ReadDoubles(Damping)[0] : null;
        actual.AddCurvature(new CurvatureRecomputation(objective), result, direction, damping);

        var comparisons = new SortedDictionary<string, Comparison>(StringComparer.Ordinal);
        foreach (TensorEntry tensor in file.Tensors.Where(t => t.Name.StartsWith(Expect, StringComparison.Ordinal) && !Settings.Contains(t.Name)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string name = tensor.Name[Expect.Length..];
            Recomputed? values = actual.Find(name, out string quantity);
            if (!comparisons.TryGetValue(quantity, out Comparison? comparison))
            {
                comparisons.Add(quantity, comparison = new Comparison(quantity));
            }

            if (values is null)
            {
                comparison.AddUnsupported();
            }
            else
            {
                comparison.Add(name, file.ReadDoubles(tensor.Name), values.Value);
            }
        }

        return new VerificationReport(
            file.Metadata.GetValueOrDefault("case", Path.GetFileNameWithoutExtension(path)), path,
            [.. comparisons.Values.Select(c => c.ToReport(tolerance ?? new Tolerance()))]);
    }

    private static string Metadata(SafetensorsFile file, string key) => file.Metadata.TryGetValue(key, out string? value)
        ? value
        : throw new InvalidModelFileException($"{file.Name}: is not a reference case, it has no metadata '{key}'");

    private static Batch ReadBatch(SafetensorsFile file, Device device, Loss loss)
    {
        TensorEntry input = file["input"], target = file["target"];
        if (input.Shape.Rank == 0 || target.Shape.Rank == 0 || input.Shape[0] != target.Shape[0] || input.Shape[0] == 0)
        {
            throw new InvalidModelFileException($"{file.Name}: input {input.Shape} and target {target.Shape} should share a batch axis of at least one sample");
        }

        bool tokens = input.Type.IsInteger(), labels = target.Type.IsInteger();
        return new Batch
        {
            Features = tokens ? null : device.Allocate(input.Shape, file.ReadFloats("input")),
            Tokens = tokens ? device.AllocateIndices(input.Shape, Indices(file, "input")) : null,
            Labels = labels && loss == Loss.CrossEntropy ? device.AllocateIndices(target.Shape, Indices(file, "target")) : null,
            Targets = labels ? null : device.Allocate(target.Shape, file.ReadFloats("target")),
        };
    }

    private static int[] Indices(SafetensorsFile file, string name) => Array.ConvertAll(
        file.ReadInt64s(name),
        value => value is >= 0 and <= int.MaxValue
            ? (int)value
            : throw new InvalidModelFileException(string.Create(CultureInfo.InvariantCulture, $"{file.Name}: {name} holds {value}, which is no index")));

    private static ParameterVector? ReadDirection(SafetensorsFile file, IModel model)
    {
        if (!file.Tensors.Any(t => t.Name.StartsWith(Direction, StringComparison.Ordinal)))
        {
            return null;
        }

        var direction = new ParameterVector(model.Parameters.Layout, model.Device);
        for (int i = 0; i < direction.Layout.Parameters.Count; i++)
        {
            string name = Direction + direction.Layout.Parameters[i].Name;
            if (file[name].Shape != direction[i].Shape)
            {
                throw new InvalidModelFileException($"{file.Name}: '{name}' should have shape {direction[i].Shape}, the file has {file[name].Shape}");
            }

            direction[i].CopyFrom(file.ReadFloats(name));
        }

        return direction;
    }
}
