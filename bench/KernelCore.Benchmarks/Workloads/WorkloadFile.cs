using System.Text.Json;
using KernelCore.Files;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Benchmarks;

/// <summary>Hands a workload to peers: weights, batch, direction, clip norm and what KernelCore computed, as safetensors.</summary>
/// <remarks>
/// <c>param.*</c>, <c>v.*</c> by parameter; <c>input</c>, <c>target</c>, <c>clip</c>; <c>expect.logits</c>, <c>.norms</c>, <c>.cosines</c>,
/// <c>.dots</c>, <c>.gram</c>, <c>.projected</c>, and in the order of the parameters <c>.sum</c>, <c>.clip_sum</c>, <c>.squared_sum</c>,
/// <c>.hessian</c>, <c>.gauss_newton</c>, <c>.fisher</c>. Metadata: the layers in <c>arch</c>, the names of the parameters in <c>parameters</c>.
/// </remarks>
public static class WorkloadFile
{
    /// <summary>Computes every quantity once and writes the file.</summary>
    public static void Write(WorkloadSession session, string path)
    {
        var writer = new SafetensorsWriter();
        ParameterLayout layout = session.Network.Parameters.Layout;
        writer.Metadata["arch"] = Architecture.ToJson(session.Workload.Layers);
        writer.Metadata["parameters"] = JsonSerializer.Serialize(layout.Parameters.Select(p => p.Name));
        for (int i = 0; i < layout.Parameters.Count; i++)
        {
            ParameterInfo parameter = layout.Parameters[i];
            writer.Add($"param.{parameter.Name}", parameter.Shape, session.Network.Parameters[i].ToArray());
            writer.Add($"v.{parameter.Name}", parameter.Shape, session.Direction[i].ToArray());
        }

        int batch = session.Workload.Batch;
        writer.Add("input", session.Batch.Features!.Shape, session.Batch.Features.ToArray());
        writer.Add("target", [batch], session.Batch.Labels!.ToArray());
        writer.Add("clip", [1], new[] { session.ClipNorm });

        writer.Add("expect.logits", [batch, Workload.Classes], session.Logits());
        GradientResult alignment = session.Run(Quantity.NormsCosine)!;
        writer.Add("expect.norms", [batch], Array.ConvertAll(alignment.SquaredNorms!.Total.ToArray(), MathF.Sqrt));
        writer.Add("expect.cosines", [batch], alignment.Cosines!.Total.ToArray());
        writer.Add("expect.dots", [batch], session.Run(Quantity.Dot)!.DirectionDots!.Total.ToArray());
        writer.Add("expect.gram", [batch, batch], session.Run(Quantity.Gram)!.Gram!.ToArray());
        Add("projected", session.Run(Quantity.Projection)!.Projected!);
        Add("sum", session.Run(Quantity.ForwardBackward)!.Sum!.Flat);
        Add("clip_sum", session.Run(Quantity.ClipSum)!.ClippedSum!.Flat);
        Add("squared_sum", session.Run(Quantity.SquaredSum)!.SquaredSum!.Flat);
        Add("hessian", session.Product(Quantity.Hessian));
        Add("gauss_newton", session.Product(Quantity.GaussNewton));
        Add("fisher", session.Product(Quantity.Fisher));
        writer.Save(path);

        void Add(string name, Tensor values) => writer.Add($"expect.{name}", values.Shape, values.ToArray());
    }
}
