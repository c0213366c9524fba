using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="IParameterKernels.Adam"/>, which is PyTorch's <c>torch.optim.Adam</c> and <c>AdamW</c>.</summary>
/// <remarks>Kingma and Ba, "Adam: a method for stochastic optimization" (2015); Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).</remarks>
public static class Adam
{
    /// <summary>
    /// AdamW: w *= 1 - lr wd; Adam: g += wd w. Then m += (1 - b1)(g - m); v = b2 v + (1 - b2) g^2;
    /// w -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps).
    /// </summary>
    public static void Step<T>(in AdamStep step, Span<T> weights, ReadOnlySpan<T> gradient, Span<T> firstMoment, Span<T> secondMoment)
        where T : IFloatingPointIeee754<T>
    {
        T rate = T.CreateChecked(step.LearningRate), decay = T.CreateChecked(step.WeightDecay), epsilon = T.CreateChecked(step.Epsilon);
        T beta1 = T.CreateChecked(step.Beta1), beta2 = T.CreateChecked(step.Beta2), time = T.CreateChecked(step.Step);
        T correction1 = T.One - T.Pow(beta1, time), correction2 = T.One - T.Pow(beta2, time);
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] *= step.Decoupled ? T.One - (rate * decay) : T.One;
            T g = step.Decoupled ? gradient[i] : gradient[i] + (decay * weights[i]);
            firstMoment[i] += (T.One - beta1) * (g - firstMoment[i]);
            secondMoment[i] = (beta2 * secondMoment[i]) + ((T.One - beta2) * g * g);
            weights[i] -= rate / correction1 * firstMoment[i] / ((T.Sqrt(secondMoment[i]) / T.Sqrt(correction2)) + epsilon);
        }
    }
}
