using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="IParameterKernels.Sgd"/>, which is PyTorch's <c>torch.optim.SGD</c> without dampening.</summary>
public static class Sgd
{
    /// <summary>g += wd w; v = first ? g : mu v + g; w -= lr (nesterov ? g + mu v : v). Without momentum w -= lr g, and v is untouched.</summary>
    public static void Step<T>(in SgdStep step, Span<T> weights, ReadOnlySpan<T> gradient, Span<T> velocity)
        where T : IFloatingPointIeee754<T>
    {
        T rate = T.CreateChecked(step.LearningRate), momentum = T.CreateChecked(step.Momentum), decay = T.CreateChecked(step.WeightDecay);
        for (int i = 0; i < weights.Length; i++)
        {
            T direction = gradient[i] + (decay * weights[i]);
            if (momentum != T.Zero)
            {
                velocity[i] = step.First ? direction : (momentum * velocity[i]) + direction;
                direction = step.Nesterov ? direction + (momentum * velocity[i]) : velocity[i];
            }

            weights[i] -= rate * direction;
        }
    }
}
