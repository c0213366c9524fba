using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Training;

/// <summary>Refuses to judge samples with a model of other classes.</summary>
internal static class ClassCount
{
    /// <summary>Checks that a pass has one output per class of the data.</summary>
    /// <exception cref="KernelCoreException">The numbers differ.</exception>
    public static void Check(IForwardPass pass, Dataset data)
    {
        if (pass.Outputs.Shape.Rank != 2 || pass.Outputs.Shape[1] != data.ClassCount)
        {
            throw new KernelCoreException(
                $"class count mismatch: '{data.Name}' has {data.ClassCount} classes, the model's output has shape {pass.Outputs.Shape}");
        }
    }
}
