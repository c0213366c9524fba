using KernelCore.Data;
using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Checks of models as classifiers.</summary>
internal static class Classifier
{
    /// <summary>Refuses a model that does not have one output per class of the data.</summary>
    /// <exception cref="KernelCoreException">They do not fit; the message names both sides.</exception>
    public static void CheckFits(IForwardPass pass, Dataset data)
    {
        if (pass.Outputs.Shape.Rank != 2 || pass.Outputs.Shape[1] != data.ClassCount)
        {
            throw new KernelCoreException(
                $"class count mismatch: the model has outputs {pass.Outputs.Shape.DropFirst()} per sample, data set '{data.Name}' has {data.ClassCount} classes");
        }
    }
}
