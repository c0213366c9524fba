using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Training;

namespace KernelCore.Models;

/// <summary>Checks of models as classifiers.</summary>
public static class Classifier
{
    /// <summary>Refuses a model that does not take the samples of a data set, or does not have one output per class.</summary>
    /// <remarks>Runs the first sample through the model, in evaluation mode.</remarks>
    /// <param name="model">The model.</param>
    /// <param name="data">The data it is going to see.</param>
    /// <exception cref="KernelCoreException">They do not fit; the message names both sides.</exception>
    public static void CheckFits(IModel model, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        using var loader = new BatchLoader(data, model.Device, batchSize: 1);
        Shape outputs = model.Forward(loader.Load([0]), ForwardMode.Evaluation).Outputs.Shape;
        if (outputs != Shape.Of(1, data.ClassCount))
        {
            throw new KernelCoreException(
                $"class count mismatch: the model has outputs {outputs.DropFirst()} per sample, data set '{data.Name}' has {data.ClassCount} classes");
        }
    }
}
