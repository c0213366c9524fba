using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>
/// A loss as the backward pass sees it: a value per sample and its gradient in logit space. Everything that
/// relabels, reweights or bounds a loss plugs in here, and all per-sample machinery works unchanged.
/// </summary>
public abstract class Loss
{
    /// <summary>Softmax cross-entropy on class labels, or on soft labels where the batch has targets.</summary>
    public static Loss CrossEntropy { get; } = new CrossEntropyLoss();

    /// <summary>Mean over the outputs of a sample of the squared error.</summary>
    public static Loss MeanSquaredError { get; } = new MeanSquaredErrorLoss();

    /// <summary>Name in files and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>A loss by its name: <c>ce</c> or <c>mse</c>.</summary>
    public static Loss Parse(string name) => name switch
    {
        "ce" => CrossEntropy,
        "mse" => MeanSquaredError,
        _ => throw new KernelCoreException($"unknown loss '{name}'; expected ce or mse"),
    };

    /// <summary>Computes loss_i and scale x dloss_i/doutputs for every sample.</summary>
    /// <param name="outputs">Model outputs, [batch, outputs].</param>
    /// <param name="batch">Labels or targets.</param>
    /// <param name="scale">Factor of the cotangent only.</param>
    /// <param name="loss">[batch], written.</param>
    /// <param name="cotangent">[batch, outputs], written.</param>
    /// <exception cref="KernelCoreException">The outputs do not fit the labels or targets, or a label is no class.</exception>
    public abstract void Evaluate(Tensor outputs, Batch batch, float scale, Tensor loss, Tensor cotangent);

    /// <summary>Computes scale x (d2loss_i/doutputs2) r_i for every sample: the derivative of the cotangent when the outputs move along r.</summary>
    /// <param name="outputs">Model outputs, [batch, outputs].</param>
    /// <param name="batch">Labels or targets.</param>
    /// <param name="scale">Factor of the result.</param>
    /// <param name="r">Tangent of the outputs, [batch, outputs].</param>
    /// <param name="result">[batch, outputs], written.</param>
    public abstract void Curvature(Tensor outputs, Batch batch, float scale, Tensor r, Tensor result);

    /// <summary>Refuses targets of another shape than the outputs.</summary>
    private protected static Tensor Check(Tensor targets, Tensor outputs) => outputs.Shape.Rank == 2 && targets.Shape == outputs.Shape
        ? targets
        : throw new KernelCoreException($"targets of shape {targets.Shape} do not fit outputs of shape {outputs.Shape}; both should be [batch, outputs]");
}

/// <summary>Softmax cross-entropy, see <see cref="Loss.CrossEntropy"/>.</summary>
internal sealed class CrossEntropyLoss : Loss
{
    public override string Name => "ce";

    public override void Evaluate(Tensor outputs, Batch batch, float scale, Tensor loss, Tensor cotangent)
    {
        ILossKernels kernels = outputs.Device.Kernels.Losses;
        if (batch.Targets is { } targets)
        {
            kernels.CrossEntropy(outputs, Check(targets, outputs), scale, loss, cotangent);
        }
        else
        {
            IndexTensor labels = batch.Labels ?? throw new KernelCoreException("cross-entropy needs labels or soft targets, the batch has neither");
            IndexGuard.CheckLabels(labels, outputs);
            kernels.CrossEntropy(outputs, labels, scale, loss, cotangent);
        }
    }

    public override void Curvature(Tensor outputs, Batch batch, float scale, Tensor r, Tensor result) =>
        outputs.Device.Kernels.Tangents.CrossEntropyCurvature(outputs, batch.Targets, scale, r, result);
}

/// <summary>Mean squared error, see <see cref="Loss.MeanSquaredError"/>.</summary>
internal sealed class MeanSquaredErrorLoss : Loss
{
    public override string Name => "mse";

    public override void Evaluate(Tensor outputs, Batch batch, float scale, Tensor loss, Tensor cotangent) =>
        outputs.Device.Kernels.Losses.SquaredError(
            outputs, Check(batch.Targets ?? throw new KernelCoreException("the squared error needs targets, the batch has none"), outputs), scale, loss, cotangent);

    public override void Curvature(Tensor outputs, Batch batch, float scale, Tensor r, Tensor result)
    {
        result.Fill(0);
        outputs.Device.Kernels.Parameters.Axpy((float)(2.0 * scale * batch.Count / outputs.Count), r, result);
    }
}
